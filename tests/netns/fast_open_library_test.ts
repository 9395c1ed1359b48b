import { assert, assertEquals } from "@std/assert";
import { pathBeside } from "../ffi/run_deno.ts";
import type { LibraryReport } from "./_library_report.ts";
import { runInNamespace, testInNamespace } from "./_namespace.ts";

const MAIN = pathBeside(import.meta.url, "_fast_open_library_main.ts");

interface Expected {
  listens: boolean;
  near: string[];
  far: string[];
}

async function assertVisits(
  sysctl: number,
  { listens, near, far }: Expected,
): Promise<LibraryReport> {
  const report = await runInNamespace<LibraryReport>(sysctl, MAIN);
  const { visits } = report;
  assertEquals(report.listener.supported, listens);
  assertEquals(visits.map((visit) => visit.near.result), near);
  assertEquals(visits.map((visit) => visit.far.result), far);
  for (const { received } of visits) assertEquals(received, "in the SYN");
  return report;
}

testInNamespace(
  "dialFastOpen() has its data acknowledged in the second SYN",
  async () => {
    const { visits } = await assertVisits(3, {
      listens: true,
      near: ["noCookie", "acknowledged", "off"],
      far: ["off", "acknowledged", "off"],
    });
    assert(visits[1]!.near.rttUs > 0);
  },
);

testInNamespace(
  "dialFastOpen() stays plain without the kernel's listening half",
  async () => {
    await assertVisits(1, {
      listens: false,
      near: ["noCookie", "noCookie", "off"],
      far: ["off", "off", "off"],
    });
  },
);

testInNamespace(
  "dialFastOpen() says that the kernel's dialing half is off",
  async () => {
    const { visits } = await assertVisits(0, {
      listens: false,
      near: ["unsupported", "unsupported", "off"],
      far: ["off", "off", "off"],
    });
    for (const { reason, fix } of [visits[0]!.near, visits[0]!.far]) {
      assertEquals(reason, "the kernel has it off (net.ipv4.tcp_fastopen = 0)");
      assertEquals(fix, "sysctl -w net.ipv4.tcp_fastopen=3");
    }
  },
);
