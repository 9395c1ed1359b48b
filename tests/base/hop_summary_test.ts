import { assertEquals } from "@std/assert";
import { Counters } from "../../lib/base/counters.ts";
import { summarizeHops } from "../../lib/base/hop_summary.ts";

Deno.test("summarizeHops() sums up the hops that were used", () => {
  const counters = new Counters();
  const seen = (hop: "socks" | "target", result: string, rttUs = 0): void =>
    counters.observe({ type: "syn", hop, result, rttUs });
  for (const rttUs of [50_000, 52_400]) seen("target", "acknowledged", rttUs);
  for (const result of ["noCookie", "notAcknowledged", "synRepeated"]) {
    seen("target", result, 70_000);
  }
  counters.observe({ type: "synFailed", hop: "target" });
  seen("target", "off");
  seen("target", "unsupported");
  seen("target", "avoided");
  seen("socks", "off");
  seen("socks", "acknowledged");
  counters.observe({ type: "synSaved", hop: "socks", rttUs: 214 });
  counters.observe({ type: "requested" });
  assertEquals(summarizeHops(counters), [
    {
      hop: "socks",
      conns: 2,
      fellBack: 0,
      attempted: 1,
      acknowledged: 1,
      noCookie: 0,
      notAcknowledged: 0,
      synRepeated: 0,
      failed: 0,
      roundTripsSaved: 1,
      savedMs: 0.214,
    },
    {
      hop: "target",
      conns: 8,
      fellBack: 2,
      attempted: 6,
      acknowledged: 2,
      noCookie: 1,
      notAcknowledged: 1,
      synRepeated: 1,
      failed: 1,
      roundTripsSaved: 2,
      savedMs: 102,
    },
  ]);
});

Deno.test("summarizeHops() has nothing to say when nothing happened", () => {
  assertEquals(summarizeHops(new Counters()), []);
});
