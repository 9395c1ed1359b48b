import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { judgeFastOpenSetting } from "../../lib/doctor/fast_open_setting.ts";
import {
  judgeBlackholeTimeout,
  judgeKey,
  judgeMptcp,
  judgeQueue,
  judgeSynCookies,
} from "../../lib/doctor/kernel_settings.ts";
import {
  judgeDescriptors,
  judgeFfi,
  judgeKernel,
} from "../../lib/doctor/platform_checks.ts";
import { readSysctl, sysctlPath } from "../../lib/doctor/sysctl.ts";

const UNKNOWN = { known: false, reason: "not to be seen" } as const;

function reading(text: string) {
  return { known: true, text } as const;
}

for (
  const { value, status, words, fix } of [
    { value: "0", status: "fail", words: ["off"], fix: "3" },
    {
      value: "1",
      status: "warn",
      words: ["dials with data", "Data in SYNs that come in is ignored"],
      fix: "3",
    },
    {
      value: "2",
      status: "warn",
      words: ["listens for it", "SYNs that go out have no data"],
      fix: "3",
    },
    { value: "3", status: "pass", words: ["dials with data", "listens"] },
    { value: "1027", status: "pass", words: ["for all listeners"] },
    {
      value: "1024",
      status: "fail",
      words: ["for all listeners"],
      fix: "1027",
    },
    { value: "7", status: "warn", words: ["dials so without a cookie"] },
    { value: "515", status: "warn", words: ["accepts it without a cookie"] },
  ]
) {
  Deno.test(`judgeFastOpenSetting() explains ${value}`, () => {
    const finding = judgeFastOpenSetting(reading(value));
    assertEquals(finding.status, status);
    for (const word of words) assertStringIncludes(finding.detail, word);
    const name = "net.ipv4.tcp_fastopen";
    assertEquals(finding.fix, fix && `sysctl -w ${name}=${fix}`);
    assertEquals(finding.settings, fix ? { [name]: fix } : undefined);
  });
}

for (const value of ["0", "2"]) {
  Deno.test(`judgeSynCookies() knows what ${value} does`, () => {
    const finding = judgeSynCookies(reading(value));
    assertEquals(finding.status, value === "2" ? "fail" : "pass");
    assertEquals(
      finding.fix,
      value === "2" ? "sysctl -w net.ipv4.tcp_syncookies=1" : undefined,
    );
  });
}

Deno.test("judgeKey() tells whether there is a key, and never which", () => {
  const key = "2f1dfdb6-9b21ca3c-18940ac3-73416365";
  const finding = judgeKey(reading(key));
  assertEquals(finding.facts, { set: true });
  for (const part of key.split("-")) {
    assert(!JSON.stringify(finding).includes(part));
  }
  const zeros = judgeKey(reading("00000000-00000000-00000000-00000000"));
  assertEquals(zeros.facts, { set: false });
});

Deno.test("judgeQueue() wants room for bursts", () => {
  const name = "net.core.somaxconn";
  assertEquals(judgeQueue(name, reading("4096")).status, "pass");
  const short = judgeQueue(name, reading("128"));
  assertEquals(short.status, "warn");
  assertEquals(short.settings, { [name]: "4096" });
});

Deno.test("judgeBlackholeTimeout() and judgeMptcp() explain on and off", () => {
  assertStringIncludes(judgeBlackholeTimeout(reading("0")).detail, "never");
  assertStringIncludes(judgeBlackholeTimeout(reading("3600")).detail, "3600 s");
  assertStringIncludes(judgeMptcp(reading("1")).detail, "no cookie");
  assertEquals(judgeMptcp(reading("0")).detail, "off");
});

Deno.test("a setting that cannot be read is skipped with the reason", () => {
  const findings = [
    judgeFastOpenSetting(UNKNOWN),
    judgeKey(UNKNOWN),
    judgeBlackholeTimeout(UNKNOWN),
    judgeQueue("x", UNKNOWN),
    judgeSynCookies(UNKNOWN),
    judgeMptcp(UNKNOWN),
  ];
  for (const finding of findings) {
    assertEquals(finding, { status: "skip", detail: "not to be seen" });
  }
});

for (
  const { os, release, status } of [
    { os: "linux", release: "6.18.44-fc", status: "pass" },
    { os: "linux", release: "4.11.0", status: "pass" },
    { os: "linux", release: "4.9.337", status: "warn" },
    { os: "linux", release: "3.10.0", status: "warn" },
    { os: "darwin", release: "25.0", status: "fail" },
  ]
) {
  Deno.test(`judgeKernel() gives ${status} for ${os} ${release}`, () => {
    assertEquals(judgeKernel(os, release).status, status);
  });
}

Deno.test("judgeFfi() tells how to get the permission", () => {
  assertEquals(judgeFfi({ supported: true }).status, "pass");
  const denied = judgeFfi({
    supported: false,
    reason: "needs --allow-ffi",
    fix: "deno run -A …",
  });
  assertEquals([denied.status, denied.fix], ["fail", "deno run -A …"]);
});

for (
  const { text, status } of [
    { text: "Max open files            1024   524288  files", status: "warn" },
    { text: "Max open files            65536  65536   files", status: "pass" },
    { text: "Max open files            unlimited unlimited", status: "pass" },
    { text: "Max processes 12", status: "skip" },
  ]
) {
  Deno.test(`judgeDescriptors() gives ${status} for ${text}`, () => {
    const limits = `Limit  Soft Limit  Hard Limit\n${text}\n`;
    assertEquals(judgeDescriptors(limits).status, status);
  });
}

Deno.test("readSysctl() reads a setting and says what is not there", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/net/ipv4`, { recursive: true });
    await Deno.writeTextFile(sysctlPath("net.ipv4.tcp_fastopen", root), "3\n");
    assertEquals(readSysctl("net.ipv4.tcp_fastopen", root), reading("3"));
    assertEquals(readSysctl("net.ipv4.none", root), {
      known: false,
      reason: "this kernel has no net.ipv4.none",
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
