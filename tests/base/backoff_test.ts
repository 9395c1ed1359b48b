import { assertEquals } from "@std/assert";
import { Backoff } from "../../lib/base/backoff.ts";

Deno.test("[20] Backoff.next() grows up to the most", () => {
  const backoff = new Backoff({ maxMs: 2500, random: () => 0 });
  const waits = Array.from({ length: 5 }, () => backoff.next());
  assertEquals(waits, [1000, 1500, 2250, 2500, 2500]);
});

Deno.test("Backoff.next() is shortened at random", () => {
  const backoff = new Backoff({ jitter: 0.2, random: () => 0.5 });
  assertEquals([backoff.next(), backoff.next()], [900, 1350]);
});

Deno.test("[20] Backoff.reset() begins again", () => {
  const backoff = new Backoff({ random: () => 0 });
  backoff.next();
  backoff.next();
  backoff.reset();
  assertEquals(backoff.next(), 1000);
});
