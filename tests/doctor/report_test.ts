import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Check } from "../../lib/doctor/check.ts";
import type { DoctorReport } from "../../lib/doctor/diagnose.ts";
import { compareCounters, parseNetstat } from "../../lib/doctor/netstat.ts";
import { reportText } from "../../lib/doctor/report_text.ts";
import { runChecks } from "../../lib/doctor/run_checks.ts";

const REPORT: DoctorReport = {
  version: 1,
  ok: false,
  asked: ["target"],
  checks: [
    {
      id: "setting",
      title: "fast open",
      group: "system",
      status: "warn",
      detail: "a long sentence ".repeat(9).trim(),
      fix: "sysctl -w net.ipv4.tcp_fastopen=3",
      settings: { "net.ipv4.tcp_fastopen": "3" },
    },
    {
      id: "target",
      title: "a-name-that-is-too-long-for-its-column.example.com:443",
      group: "target",
      status: "fail",
      detail: "refused",
    },
  ],
  counters: {
    TCPFastOpenActive: { before: 1, after: 5 },
    TCPFastOpenPassive: { before: 1, after: 1 },
  },
};

Deno.test("reportText() has 80 columns and all that was found", () => {
  const text = reportText(REPORT);
  for (const line of text.split("\n")) assert(line.length <= 80, line);
  for (const { title } of REPORT.checks) assertStringIncludes(text, title);
  assertStringIncludes(text, "  warn  fast open       a long sentence");
  assertStringIncludes(text, "  FAIL  a-name-that");
  assertStringIncludes(text, "fix: sysctl -w net.ipv4.tcp_fastopen=3\n");
  assertStringIncludes(text, "TCPFastOpenActive           1 -> 5");
  assert(!text.includes("TCPFastOpenPassive"));
  assertStringIncludes(text, "does not work as asked. 1 failed, 1 warned.");
  assertStringIncludes(text, "with the flag --fix");
});

Deno.test("reportText() speaks of --fix only where it would do something", () => {
  const checks = REPORT.checks.slice(1);
  const text = reportText({ ...REPORT, checks, ok: true, asked: ["system"] });
  assert(!text.includes("--fix"));
  assertStringIncludes(text, "TCP Fast Open works here. 1 failed");
});

Deno.test("parseNetstat() finds columns by name, in any order", () => {
  const text = "TcpExt: A TCPFastOpenPassive B TCPFastOpenActive\n" +
    "TcpExt: 1 22 3 44\nIpExt: TCPFastOpenFake\nIpExt: 5\n";
  const before = parseNetstat(text);
  assertEquals(before, { TCPFastOpenPassive: 22, TCPFastOpenActive: 44 });
  assertEquals(parseNetstat(""), {});
  assertEquals(compareCounters({}, before), {
    TCPFastOpenPassive: { before: 0, after: 22 },
    TCPFastOpenActive: { before: 0, after: 44 },
  });
});

function check(id: string, run: Check["run"]): Check {
  return { id, title: id, group: "system", run };
}

Deno.test("runChecks() runs side by side and outlives what hangs or throws", async () => {
  const met = Promise.withResolvers<void>();
  let aborted = false;
  const results = await runChecks([
    check("waits", async () => {
      await met.promise;
      return { status: "pass", detail: "met" };
    }),
    check("meets", () => {
      met.resolve();
      return { status: "pass", detail: "met" };
    }),
    check("throws", () => {
      throw new Error("broken");
    }),
    check("hangs", (signal) => {
      signal.addEventListener("abort", () => aborted = true);
      return new Promise(() => {});
    }),
  ], 50);
  assertEquals(results.map(({ id, status, detail }) => [id, status, detail]), [
    ["waits", "pass", "met"],
    ["meets", "pass", "met"],
    ["throws", "fail", "broken"],
    ["hangs", "fail", "no answer within 0.05 s"],
  ]);
  assert(aborted);
});
