import { assertEquals } from "@std/assert";
import { Counters } from "../../lib/base/events.ts";
import { summarizeHops } from "../../lib/base/hop_summary.ts";

Deno.test("summarizeHops() sums up the hops that were used", () => {
  const counters = new Counters();
  const seen = (hop: "socks" | "target", result: string, rttUs = 0): void =>
    counters.observe({ type: "syn", hop, result, rttUs });
  for (const rttUs of [50_000, 52_400]) seen("target", "acknowledged", rttUs);
  for (const result of ["noCookie", "notAcknowledged", "synRepeated"]) {
    seen("target", result, 70_000);
  }
  seen("target", "off");
  seen("target", "unsupported");
  seen("socks", "off");
  counters.observe({ type: "requested" });
  assertEquals(summarizeHops(counters), [
    {
      hop: "socks",
      conns: 1,
      attempted: 0,
      acknowledged: 0,
      noCookie: 0,
      notAcknowledged: 0,
      synRepeated: 0,
      savedMs: 0,
    },
    {
      hop: "target",
      conns: 7,
      attempted: 5,
      acknowledged: 2,
      noCookie: 1,
      notAcknowledged: 1,
      synRepeated: 1,
      savedMs: 102,
    },
  ]);
});

Deno.test("summarizeHops() has nothing to say when nothing happened", () => {
  assertEquals(summarizeHops(new Counters()), []);
});
