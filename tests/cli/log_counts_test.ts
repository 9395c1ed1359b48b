import { assertEquals } from "@std/assert";
import { Counters } from "../../lib/base/counters.ts";
import { type LogFields, type Logger, SILENT } from "../../lib/base/logger.ts";
import { logCounts } from "../../lib/cli/log_counts.ts";

function linesOf(counters: Counters): [string, LogFields][] {
  const lines: [string, LogFields][] = [];
  const logger: Logger = {
    ...SILENT,
    info: (message, fields = {}) => void lines.push([message, fields]),
  };
  logCounts(logger, counters);
  return lines;
}

Deno.test("logCounts() has a line for each hop, late failures and the rest", () => {
  const counters = new Counters();
  const { observe } = counters;
  for (const rttUs of [150, 60]) {
    observe({ type: "syn", hop: "socks", result: "acknowledged", rttUs });
  }
  observe({ type: "requested" });
  for (const code of ["refused", "timeout", "refused"] as const) {
    observe({ type: "lateFailure", code });
  }
  assertEquals(linesOf(counters), [
    ["TCP Fast Open", {
      hop: "socks",
      ...{ conns: 2, fellBack: 0, attempted: 2, acknowledged: 2, noCookie: 0 },
      ...{ notAcknowledged: 0, synRepeated: 0, failed: 0 },
      ...{ roundTripsSaved: 2, savedMs: 0.21 },
    }],
    ["Told success too early", {
      ...{ hop: "target", lateFailures: 3 },
      ...{ refused: 2, timeout: 1 },
    }],
    ["Totals", { requests: 1, lateFailures: 3 }],
  ]);
});

Deno.test("logCounts() says nothing when nothing happened", () => {
  assertEquals(linesOf(new Counters()), []);
});
