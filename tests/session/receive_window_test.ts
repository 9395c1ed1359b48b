import { assert, assertEquals } from "@std/assert";
import {
  ReceiveWindow,
  WindowBudget,
} from "../../lib/session/receive_window.ts";

const MIB = 1_048_576;

Deno.test("ReceiveWindow accepts what it has granted and not a byte more", () => {
  const window = new ReceiveWindow(new WindowBudget(64 * MIB), 100, 0);
  assertEquals(window.sizeBytes, 262_144);
  assertEquals(window.received(262_244), true);
  assertEquals(window.received(1), false);
});

Deno.test("ReceiveWindow grants when half of it was consumed", () => {
  const window = new ReceiveWindow(new WindowBudget(64 * MIB), 0, 0);
  window.received(262_144);
  assertEquals(window.consumed(131_071, 10_000, 1), 0);
  assertEquals(window.consumed(1, 10_000, 1), 131_072);
  assertEquals(window.received(131_072), true);
  assertEquals(window.received(1), false);
});

Deno.test("ReceiveWindow doubles while half of it lasts less than four round trips", () => {
  const window = new ReceiveWindow(new WindowBudget(64 * MIB), 0, 0);
  const half = 131_072;
  window.received(half);
  assertEquals(window.consumed(half, 799, 200), half + 2 * half);
  assertEquals(window.sizeBytes, 4 * half);
  window.received(2 * half);
  // Slower than that: the path or the reader is the limit.
  assertEquals(window.consumed(2 * half, 799 + 801, 200), 2 * half);
  assertEquals(window.sizeBytes, 4 * half);
});

/** What a window becomes on a path of `rate` bytes a millisecond. */
function grown(rate: number, roundTripMs: number): number {
  const window = new ReceiveWindow(new WindowBudget(64 * MIB), 0, 0);
  let now = 0;
  for (let i = 0; i < 100; i++) {
    const half = window.sizeBytes / 2;
    // The sender has the window for each round trip, and no more than the path.
    now += Math.max(half / rate, roundTripMs / 2);
    window.received(half);
    window.consumed(half, now, roundTripMs);
  }
  return window.sizeBytes;
}

Deno.test("ReceiveWindow grows to what a long path holds", () => {
  // 100 Mbit/s and 200 ms: 2.5 MB are on the way, and half may be ungranted.
  const size = grown(12_500, 200);
  assert(size >= 5_000_000 && size <= 8 * MIB, `${size}`);
  // 1 Gbit/s and 200 ms: 25 MB, more than one channel gets.
  assertEquals(grown(125_000, 200), 16 * MIB);
});

Deno.test("ReceiveWindow stays short where bytes could only wait", () => {
  // Loopback: what is beyond this waits in buffers, in front of everybody.
  assertEquals(grown(600_000, 0.3), 2 * MIB);
  // A slow path needs little.
  assertEquals(grown(100, 20), 262_144);
});

Deno.test("WindowBudget holds its cap with any number of channels", () => {
  const cap = MIB;
  const budget = new WindowBudget(cap);
  const windows: ReceiveWindow[] = [];
  for (let i = 0; i < 100; i++) {
    windows.push(new ReceiveWindow(budget, 0, 0));
  }
  for (const window of windows) {
    window.received(window.sizeBytes);
    window.consumed(window.sizeBytes, 0, 1000);
  }
  // Each channel has a little, or it could not move at all.
  assert(windows.every(({ sizeBytes }) => sizeBytes >= 4096));
  assert(budget.grantedBytes <= cap + 100 * 4096, `${budget.grantedBytes}`);
  for (const window of windows) window.release();
  assertEquals(budget.grantedBytes, 0);
  assertEquals(new ReceiveWindow(budget, 0, 0).sizeBytes, 262_144);
});
