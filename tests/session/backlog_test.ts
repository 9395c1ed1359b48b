import { assert, assertEquals } from "@std/assert";
import { Backlog } from "../../lib/session/backlog.ts";

const MIB = 1_048_576;

/** Sends over a path of `rate` bytes a millisecond for so many ms. */
function run(backlog: Backlog, rate: number, fromMs: number, ms: number): void {
  let buffered = 0;
  for (let now = fromMs; now < fromMs + ms; now++) {
    buffered = Math.max(0, buffered - rate);
    while (backlog.hasRoom(buffered, now)) {
      backlog.sent(65_536);
      buffered += 65_536;
    }
  }
}

Deno.test("Backlog lets as much wait as leaves within a few milliseconds", () => {
  const backlog = new Backlog(0);
  // 100 MB/s: 5 ms of it are 500 kB.
  run(backlog, 100_000, 0, 1000);
  assert(backlog.limitBytes > 300_000, `${backlog.limitBytes}`);
  assert(backlog.limitBytes < 700_000, `${backlog.limitBytes}`);
});

Deno.test("Backlog is short on a slow path and grows again on a fast one", () => {
  const backlog = new Backlog(0);
  run(backlog, 1000, 0, 1000);
  assertEquals(backlog.limitBytes, 131_072);
  run(backlog, 2 * MIB, 1000, 1000);
  assertEquals(backlog.limitBytes, MIB);
});

Deno.test("Backlog gives a finite wait whatever was measured", () => {
  const backlog = new Backlog(0);
  for (let now = 0; now < 5000; now++) backlog.hasRoom(0, now);
  assert(backlog.waitMs(MIB) >= 0);
  assert(Number.isFinite(backlog.waitMs(MIB)));
  run(backlog, 1, 5000, 100);
  assert(backlog.waitMs(10 * MIB) <= 5);
});
