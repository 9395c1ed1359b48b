import { assertEquals, assertStringIncludes } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { judgeTrials } from "../../lib/doctor/judge_trials.ts";
import {
  median,
  resultOf,
  runTrials,
  timeText,
  type Trial,
  type Trials,
  verdictOf,
} from "../../lib/doctor/trials.ts";
import {
  type FastOpenResult,
  fastOpenSupport,
} from "../../lib/net/fast_open.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const FAST = fastOpenSupport().dial.supported;
const PEER = { who: "the peer", enable: "enable it", avoid: "avoid it" };

function trial(result: FastOpenResult, ms = 10): Trial {
  return { result, bytes: 100, ms };
}

function trials(cold: FastOpenResult, ...warm: FastOpenResult[]): Trials {
  return {
    cold: trial(cold, 30),
    warm: warm.map((result) => trial(result)),
    plain: warm.map(() => trial("off", 20)),
  };
}

for (
  const { cold, warm, verdict, status, fix } of [
    {
      cold: "noCookie",
      warm: ["acknowledged", "acknowledged"],
      verdict: "works",
      status: "pass",
    },
    {
      cold: "noCookie",
      warm: ["acknowledged", "synRepeated"],
      verdict: "sometimes",
      status: "warn",
    },
    {
      cold: "noCookie",
      warm: ["noCookie", "noCookie"],
      verdict: "noCookie",
      status: "fail",
      fix: PEER.enable,
    },
    {
      cold: "synRepeated",
      warm: ["noCookie"],
      verdict: "synRepeated",
      status: "fail",
      fix: PEER.avoid,
    },
    {
      cold: "notAcknowledged",
      warm: ["noCookie"],
      verdict: "notAcknowledged",
      status: "fail",
      fix: "nstat -az TcpExtTCPFastOpenListenOverflow (at the peer)",
    },
    {
      cold: "noCookie",
      warm: ["avoided", "avoided"],
      verdict: "dataRefused",
      status: "fail",
      fix: PEER.avoid,
    },
    {
      cold: "off",
      warm: ["off", "off"],
      // Without Fast Open here every dial is off.
      verdict: FAST ? "overtaken" : "unsupported",
      status: "fail",
      fix: "dial an address that answers instead of the name",
    },
    {
      cold: "unsupported",
      warm: ["unsupported"],
      verdict: "unsupported",
      status: "fail",
      fix: "see the checks of this machine",
    },
  ] as const
) {
  const name = `${cold}, then ${warm.join()}`;
  Deno.test(`verdictOf() and judgeTrials() give ${verdict} for ${name}`, () => {
    const all = trials(cold, ...warm);
    assertEquals(verdictOf(all), verdict);
    const finding = judgeTrials(all, PEER);
    assertEquals(finding.status, status);
    assertEquals(finding.facts?.verdict, verdict);
    if (verdict === "unsupported") return; // Its fix is this machine's.
    assertEquals(finding.fix, fix);
  });
}

Deno.test("resultOf() takes a first visit that was repeated for what it is", () => {
  const outcome = { result: "noCookie", rttUs: 0 } as const;
  assertEquals(resultOf(outcome), "noCookie");
  assertEquals(resultOf({ ...outcome, repeated: true }), "synRepeated");
});

Deno.test("median() is the middle one, or the mean of two", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 2, 3]), 2.5);
  assertEquals(median([]), NaN);
});

Deno.test("timeText() tells what was saved, lost, or neither", () => {
  const all = trials("noCookie", "acknowledged");
  assertStringIncludes(timeText(all), "10.0 ms saved");
  const swapped = { ...all, warm: all.plain, plain: all.warm };
  assertStringIncludes(timeText(swapped), "10.0 ms lost");
  const same = { ...all, plain: all.warm };
  assertStringIncludes(timeText(same), "no difference to be seen");
});

Deno.test("runTrials() dials in turns, the cold one first", async () => {
  const asked: boolean[] = [];
  const all = await runTrials((fastOpen) => {
    asked.push(fastOpen);
    return Promise.resolve(trial(fastOpen ? "acknowledged" : "off"));
  });
  assertEquals(asked.slice(0, 3), [true, false, true]);
  assertEquals([all.warm.length, all.plain.length], [5, 5]);
});

Deno.test("runTrials() stops after two repeated SYNs", async () => {
  const all = await runTrials((fastOpen) =>
    Promise.resolve(trial(fastOpen ? "synRepeated" : "off"))
  );
  assertEquals([all.warm.length, all.plain.length], [1, 1]);
});
