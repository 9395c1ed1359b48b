import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { CheckResult } from "../../lib/doctor/check.ts";
import type { DoctorReport } from "../../lib/doctor/diagnose.ts";
import { faultsOf, reportSchema } from "../doctor/_schema_check.ts";
import { makeCertificates, NO_OPENSSL } from "../e2e/_certificates.ts";
import { pathBeside } from "../ffi/run_deno.ts";
import { DOCTOR_HOSTS, type DoctorRun, TOKEN } from "./_doctor_report.ts";
import { runInNamespace, testInNamespace } from "./_namespace.ts";
import { hasNft } from "./_nft.ts";

const MAIN = pathBeside(import.meta.url, "_doctor_main.ts");
const SERVER = ["--url", `ws://${DOCTOR_HOSTS.server}:8765`, "--token", TOKEN];
const HTTP = ["--target", `${DOCTOR_HOSTS.http}:80`];
const PLAIN = ["--target", `${DOCTOR_HOSTS.plain}:80`];
const UNKNOWN = ["--target", `${DOCTOR_HOSTS.unknown}:7`];
const ENABLE = "sysctl -w net.ipv4.tcp_fastopen=3";

function dropSynsLongerThan(bytes: number): string {
  return "nft add table inet t && " +
    'nft add chain inet t c "{ type filter hook input priority 0; }" && ' +
    'nft add rule inet t c "tcp flags & (syn|ack) == syn ' +
    `ip length > ${bytes} drop"`;
}

/** IPv4 and TCP headers have at most 80 bytes in a SYN; more is data. */
const DROP_SYN_DATA = dropSynsLongerThan(80);
/** Linux's SYN has 60 without the option that asks for a cookie. */
const DROP_SYN_OPTION = dropSynsLongerThan(60);
/** `ip netns exec` gives a mount namespace too: nobody else sees this. */
const OWN_SYSCTL_D = "mount -t tmpfs tmpfs /etc/sysctl.d";

interface DoctorOptions {
  setup?: string;
  tls?: string;
}

async function runDoctor(
  sysctl: number,
  args: string[],
  { setup = ":", tls = "" }: DoctorOptions = {},
): Promise<DoctorRun> {
  return await runInNamespace<DoctorRun>(sysctl, MAIN, {
    setup,
    args: [tls, "doctor", ...args],
  });
}

/** A run with `--json`; the report is valid and goes with the exit code. */
async function reportOf(
  sysctl: number,
  args: string[],
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const { code, stdout } = await runDoctor(
    sysctl,
    ["--json", ...args],
    options,
  );
  const report = JSON.parse(stdout);
  assertEquals(faultsOf(report, reportSchema()), []);
  assertEquals(code, report.ok ? 0 : 1);
  return report;
}

function find({ checks }: DoctorReport, id: string, nth = 0): CheckResult {
  return checks.filter((check) => check.id === id)[nth]!;
}

testInNamespace("doctor finds that all works", async () => {
  const args = [...SERVER, ...HTTP, ...UNKNOWN];
  const report = await reportOf(3, args);
  assert(report.ok);
  assertEquals(report.asked, ["server", "target"]);
  assertEquals(find(report, "fast-open-setting").status, "pass");
  assertEquals(find(report, "limits").facts!.ownNetwork, true);
  assertEquals(find(report, "loopback").facts, {
    first: ["noCookie", "off"],
    second: ["acknowledged", "acknowledged"],
  });
  const { status, facts } = find(report, "server");
  assertEquals([status, facts!.cold, facts!.verdict], [
    "pass",
    "noCookie",
    "works",
  ]);
  assertEquals(facts!.warm, Array(5).fill("acknowledged"));
  assert(Number(facts!.synBytes) > 200, "the upgrade request is in the SYN");
  const http = find(report, "target");
  assertEquals([http.status, http.facts!.verdict], ["pass", "works"]);
  const unknown = find(report, "target", 1);
  assertEquals([unknown.status, unknown.facts], ["pass", { cookie: "given" }]);
  // One on loopback, five to each of the two others.
  assertEquals(report.counters.TCPFastOpenActive, { before: 0, after: 11 });
  assertEquals(report.counters.TCPFastOpenPassive, { before: 0, after: 11 });
});

testInNamespace("doctor finds a target without Fast Open", async () => {
  const report = await reportOf(3, PLAIN);
  const { status, fix, facts } = find(report, "target");
  assertEquals([status, facts!.verdict], ["fail", "noCookie"]);
  assertStringIncludes(fix!, `${ENABLE} (at the target`);
  assertEquals(find(report, "loopback").status, "pass");
});

testInNamespace("doctor finds a server that rejects the token", async () => {
  const report = await reportOf(3, SERVER.with(3, "wrong"));
  const { status, detail, fix } = find(report, "server");
  assertEquals(status, "fail");
  assertStringIncludes(detail, "the server rejects the token");
  assertStringIncludes(detail, "were acknowledged");
  assertEquals(fix, "--token with the server's token");
});

testInNamespace("doctor finds that the listening half is off", async () => {
  const report = await reportOf(1, SERVER);
  const setting = find(report, "fast-open-setting");
  assertEquals([setting.status, setting.fix], ["warn", ENABLE]);
  const loopback = find(report, "loopback");
  assertEquals([loopback.status, loopback.fix], ["fail", ENABLE]);
  const { status, fix, facts } = find(report, "server");
  assertEquals([status, facts!.verdict], ["fail", "noCookie"]);
  assertEquals(fix, `${ENABLE} (at the server)`);
});

testInNamespace("doctor finds that all of it is off", async () => {
  const report = await reportOf(0, [...SERVER, ...UNKNOWN]);
  const setting = find(report, "fast-open-setting");
  assertEquals([setting.status, setting.fix], ["fail", ENABLE]);
  assertEquals(find(report, "socket-options").status, "skip");
  assertEquals(find(report, "loopback").fix, ENABLE);
  const { status, fix, facts } = find(report, "server");
  assertEquals([status, facts!.verdict, fix], ["fail", "unsupported", ENABLE]);
  assertEquals(find(report, "target").status, "fail");
  assertEquals(report.counters.TCPFastOpenActive, { before: 0, after: 0 });
});

if (hasNft("a dropping firewall")) {
  testInNamespace(
    "doctor finds a firewall that drops SYNs with data",
    async () => {
      const args = [...SERVER, ...HTTP, ...UNKNOWN];
      const report = await reportOf(3, args, { setup: DROP_SYN_DATA });
      const loopback = find(report, "loopback");
      assertEquals([loopback.status, loopback.fix], [
        "fail",
        "nft list ruleset",
      ]);
      for (
        const { id, advice } of [
          { id: "server", advice: "client --tfo socks" },
          { id: "target", advice: "server --tfo ws" },
        ]
      ) {
        const { status, fix, facts } = find(report, id);
        assertEquals([status, facts!.verdict], ["fail", "synRepeated"]);
        assertStringIncludes(fix!, advice);
      }
      // A cookie comes through all the same.
      assertEquals(find(report, "target", 1).status, "pass");
    },
  );

  testInNamespace(
    "doctor finds a firewall that drops SYNs that ask for a cookie",
    async () => {
      const report = await reportOf(3, HTTP, { setup: DROP_SYN_OPTION });
      const { status, fix, facts } = find(report, "target");
      assertEquals([status, facts!.verdict], ["fail", "synRepeated"]);
      assertStringIncludes(fix!, "server --tfo ws");
    },
  );
}

testInNamespace("doctor tells people in 80 columns what to do", async () => {
  const { code, stdout, stderr } = await runDoctor(1, [...SERVER, ...PLAIN]);
  assertEquals([code, stderr], [1, ""]);
  for (const line of stdout.split("\n")) assert(line.length <= 80, line);
  assertStringIncludes(stdout, `fix: ${ENABLE}\n`);
  assertStringIncludes(stdout, `fix: ${ENABLE} (at the server)`);
  assertStringIncludes(stdout, "TCP Fast Open does not work as asked.");
});

testInNamespace(
  "doctor --fix --yes changes the setting and keeps it",
  async () => {
    const { code, stdout, stderr, setting, file } = await runDoctor(
      1,
      ["--fix", "--yes"],
      { setup: OWN_SYSCTL_D },
    );
    assertEquals([code, setting], [0, "3"]);
    assertStringIncludes(file, "\nnet.ipv4.tcp_fastopen = 3\n");
    assertStringIncludes(stderr, "To be written to /etc/sysctl.d/");
    assertStringIncludes(stdout, "TCP Fast Open works here.");
  },
);

testInNamespace(
  "a server needs no restart once the setting is changed",
  async () => {
    const { code, stdout } = await runDoctor(
      1,
      ["--fix", "--yes", ...SERVER],
      { setup: OWN_SYSCTL_D },
    );
    assertEquals(code, 0, stdout);
  },
);

testInNamespace(
  "doctor --fix changes nothing while nobody says yes",
  async () => {
    const { code, stderr, setting, file } = await runDoctor(1, ["--fix"], {
      setup: OWN_SYSCTL_D,
    });
    assertEquals([code, setting, file], [1, "1", ""]);
    assertStringIncludes(stderr, "Nothing was changed: no terminal");
    assertStringIncludes(stderr, "--yes");
  },
);

if (!NO_OPENSSL) {
  testInNamespace("doctor sees a ClientHello in the SYN to wss", async () => {
    const { ca, cert, key } = await makeCertificates();
    const folder = await Deno.makeTempDir();
    try {
      const files = { ca, cert, key };
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${folder}/${name}`, text);
      }
      const names = Object.keys(files).map((name) => `${folder}/${name}`);
      const host = `${DOCTOR_HOSTS.tls}:443`;
      const report = await reportOf(3, [
        ...["--url", `wss://${host}`, "--token", TOKEN],
        ...["--ca-file", names[0]!, "--target", host],
      ], { tls: names.join() });
      for (const id of ["server", "target"]) {
        const { status, detail, facts } = find(report, id);
        assertEquals([status, facts?.verdict], ["pass", "works"], detail);
        assert(Number(facts!.synBytes) > 100);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
