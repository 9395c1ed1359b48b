import { assertEquals } from "@std/assert";
import { pathBeside } from "../ffi/run_deno.ts";
import { runInNamespace, testInNamespace } from "./_namespace.ts";
import type { FastOpenReport, Syns } from "./_report.ts";

const RESPONSE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const NOTHING_COUNTED = {
  active: 0,
  activeFail: 0,
  passive: 0,
  passiveFail: 0,
};
/** What all dialing ends see, and all accepting ends. */
const COLD: Syns = syns({ dialed: "noCookie", accepted: "off" });
const WARM: Syns = syns({ dialed: "acknowledged", accepted: "acknowledged" });

function syns(
  { dialed, accepted }: { dialed: string; accepted: string },
): Syns {
  return {
    app: dialed,
    socks: accepted,
    tunnel: dialed,
    ws: accepted,
    target: dialed,
    origin: accepted,
  };
}

function visitTwice(sysctl: number): Promise<FastOpenReport> {
  const path = pathBeside(import.meta.url, "_fast_open_main.ts");
  return runInNamespace(sysctl, path);
}

/** Each hop's line: on, or off for the kernel's setting. */
function assertReports(
  { first, second }: FastOpenReport,
  sysctl: number,
  { dial, listen }: { dial: boolean; listen: boolean },
): void {
  const off = `off: the kernel has it off (net.ipv4.tcp_fastopen = ${sysctl})` +
    "; run: sysctl -w net.ipv4.tcp_fastopen=3";
  for (const { response, clientReport, serverReport } of [first, second]) {
    assertEquals(response, RESPONSE);
    assertEquals(clientReport, [
      `TCP Fast Open, app to SOCKS port (socks): ${listen ? "on" : off}`,
      `TCP Fast Open, client to server (tunnel): ${dial ? "on" : off}`,
      "sockets: epoll",
    ]);
    assertEquals(serverReport, [
      `TCP Fast Open, server's port (ws): ${listen ? "on" : off}`,
      `TCP Fast Open, server to target (target): ${dial ? "on" : off}`,
      "sockets: epoll",
    ]);
  }
}

testInNamespace(
  "from the second visit on both ends of every hop have data in the SYN",
  async () => {
    const report = await visitTwice(3);
    assertReports(report, 3, { dial: true, listen: true });
    assertEquals(report.first.syns, COLD);
    assertEquals(report.second.syns, WARM);
    assertEquals(report.kernel, { ...NOTHING_COUNTED, active: 3, passive: 3 });
  },
);

testInNamespace(
  "without the kernel's listening half everything works and is plain",
  async () => {
    const report = await visitTwice(1);
    assertReports(report, 1, { dial: true, listen: false });
    assertEquals(report.first.syns, COLD);
    assertEquals(report.second.syns, COLD);
    assertEquals(report.kernel, NOTHING_COUNTED);
  },
);

for (const sysctl of [0, 2]) {
  testInNamespace(
    `without the kernel's dialing half everything works and is plain (${sysctl})`,
    async () => {
      const report = await visitTwice(sysctl);
      assertReports(report, sysctl, { dial: false, listen: sysctl === 2 });
      const plain: Syns = {
        ...syns({ dialed: "off", accepted: "off" }),
        // The app asks the kernel itself.
        app: "unsupported",
      };
      assertEquals(report.first.syns, plain);
      assertEquals(report.second.syns, plain);
      assertEquals(report.kernel, NOTHING_COUNTED);
    },
  );
}
