import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  awaitsRoundTrip,
  FAST_OPEN_OFF,
  fastOpenSupport,
  isPaused,
  outcomeOfAccept,
  outcomeOfDial,
  wasAttempted,
} from "../../lib/net/fast_open.ts";
import type { FastOpenFailure, TcpInfo } from "../../ffi/mod.ts";
import { pathBeside, runDeno } from "../ffi/run_deno.ts";

const SUPPORTED = { supported: true } as const;

for (
  const { sysctl, dial, listen } of [
    { sysctl: 0, dial: false, listen: false },
    { sysctl: 1, dial: true, listen: false },
    { sysctl: 2, dial: false, listen: true },
    { sysctl: 3, dial: true, listen: true },
    { sysctl: 0x403, dial: true, listen: true },
    { sysctl: 0x400, dial: false, listen: false },
  ]
) {
  Deno.test(`fastOpenSupport() reads net.ipv4.tcp_fastopen = ${sysctl}`, () => {
    const support = fastOpenSupport(SUPPORTED, sysctl);
    assertEquals(support.dial.supported, dial);
    assertEquals(support.listen.supported, listen);
    for (const one of [support.dial, support.listen]) {
      if (one.supported) continue;
      assertStringIncludes(one.reason, `net.ipv4.tcp_fastopen = ${sysctl}`);
      assertEquals(one.fix, "sysctl -w net.ipv4.tcp_fastopen=3");
    }
  });
}

for (const sysctl of [undefined, 0, 3]) {
  Deno.test(`fastOpenSupport() passes the reason on without FFI, sysctl ${sysctl}`, () => {
    const ffi = { supported: false, reason: "needs --allow-ffi" } as const;
    assertEquals(fastOpenSupport(ffi, sysctl), { dial: ffi, listen: ffi });
  });
}

Deno.test({
  name: "fastOpenSupport() lets it be tried when the setting cannot be read",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const main = pathBeside(import.meta.url, "./_fast_open_main.ts");
    const { code, stdout, stderr } = await runDeno(["--allow-ffi", main]);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(JSON.parse(stdout), { dial: SUPPORTED, listen: SUPPORTED });
  },
});

function tcpInfoWith(
  synDataAcked: boolean,
  fastOpenFailure: FastOpenFailure,
): TcpInfo {
  return {
    state: 1,
    synDataAcked,
    fastOpenFailure,
    rttUs: 1234,
    totalRetransmits: 0,
    notSentBytes: 0,
    minRttUs: 1000,
  };
}

for (
  const { acked, failure, expected } of [
    { acked: true, failure: "none", expected: "acknowledged" },
    // The SYN's data counts, whatever happened besides.
    { acked: true, failure: "synRetransmitted", expected: "acknowledged" },
    { acked: false, failure: "none", expected: "noCookie" },
    { acked: false, failure: "cookieUnavailable", expected: "noCookie" },
    { acked: false, failure: "dataNotAcked", expected: "notAcknowledged" },
    { acked: false, failure: "synRetransmitted", expected: "synRepeated" },
  ] as const
) {
  Deno.test(`outcomeOfDial() is ${expected} for ${failure}, acknowledged ${acked}`, () => {
    const outcome = outcomeOfDial(tcpInfoWith(acked, failure), 1);
    // The smallest: bulk makes the smoothed one longer than a handshake is.
    assertEquals(outcome, { result: expected, rttUs: 1000 });
    assertEquals(wasAttempted(outcome), true);
  });
}

Deno.test("isPaused() takes a SYN that went without a reason for the kernel's", () => {
  const none = tcpInfoWith(false, "none");
  assertEquals(isPaused(none, 0, true), true);
  // It carried data.
  assertEquals(isPaused(none, 1, true), false);
  assertEquals(isPaused(tcpInfoWith(true, "none"), 0, true), false);
  const asked = tcpInfoWith(false, "cookieUnavailable");
  assertEquals(isPaused(asked, 0, true), false);
  // An old kernel gives no reasons at all.
  assertEquals(isPaused(none, 0, false), false);
});

Deno.test("outcomeOfDial() tells that a first visit had to send its SYN again", () => {
  for (
    const { failure, result, repeated } of [
      { failure: "cookieUnavailable", result: "noCookie", repeated: true },
      // The result says it.
      { failure: "synRetransmitted", result: "synRepeated" },
    ] as const
  ) {
    const info = { ...tcpInfoWith(false, failure), totalRetransmits: 1 };
    const outcome = outcomeOfDial(info, 0);
    assertEquals([outcome.result, outcome.repeated], [result, repeated]);
  }
});

for (const acked of [true, false]) {
  Deno.test(`outcomeOfAccept() tells whether the SYN had data: ${acked}`, () => {
    const result = acked ? "acknowledged" : "off";
    assertEquals(outcomeOfAccept(tcpInfoWith(acked, "none")), {
      result,
      rttUs: 1000,
    });
  });
}

Deno.test("outcomeOfAccept() has no round trip before the kernel has one", () => {
  // TCP_INFO has ~0 as the smallest one until then.
  const info = {
    ...tcpInfoWith(true, "none"),
    rttUs: 0,
    minRttUs: 2 ** 32 - 1,
  };
  const outcome = outcomeOfAccept(info);
  assertEquals(outcome, { result: "acknowledged", rttUs: 0 });
  assert(awaitsRoundTrip(outcome));
  assert(!awaitsRoundTrip(outcomeOfAccept(tcpInfoWith(true, "none"))));
  assert(!awaitsRoundTrip(FAST_OPEN_OFF));
});

Deno.test("wasAttempted() is false for off, unsupported and avoided", () => {
  assert(!wasAttempted(FAST_OPEN_OFF));
  assert(!wasAttempted({ result: "unsupported", rttUs: 0 }));
  assert(!wasAttempted({ result: "avoided", rttUs: 0 }));
});
