import { assertEquals } from "@std/assert";
import type { TunnelError } from "../../lib/base/errors.ts";
import { Heartbeat } from "../../lib/session/heartbeat.ts";
import { within } from "../ffi/within.ts";

Deno.test("Heartbeat measures the smallest of the recent round trips", async () => {
  let now = 1000;
  const pings: Uint8Array[] = [];
  const heartbeat = new Heartbeat({
    intervalMs: 3500,
    ping: (payload) => pings.push(payload.slice()),
    dead: () => {},
    now: () => now,
  });
  assertEquals(heartbeat.roundTripMs, undefined);
  await Promise.resolve();
  assertEquals(pings.length, 1);
  now += 30;
  heartbeat.answered(pings[0]!);
  assertEquals(heartbeat.roundTripMs, 30);
  now += 50;
  heartbeat.answered(pings[0]!);
  assertEquals(heartbeat.roundTripMs, 30);
  // So many are remembered.
  for (let i = 0; i < 64; i++) heartbeat.answered(pings[0]!);
  assertEquals(heartbeat.roundTripMs, 80);
  heartbeat.stop();
});

Deno.test("Heartbeat ignores answers to what it did not ask", async () => {
  let now = 1000;
  const heartbeat = new Heartbeat({
    intervalMs: 3500,
    ping: () => {},
    dead: () => {},
    now: () => now,
  });
  await Promise.resolve();
  const payload = new Uint8Array(8);
  const view = new DataView(payload.buffer);
  for (const sentAt of [NaN, Infinity, -Infinity, 20_000, -1e300, 0]) {
    view.setFloat64(0, sentAt);
    now = 1000 + 3500 * 3;
    heartbeat.answered(payload);
  }
  assertEquals(heartbeat.roundTripMs, undefined);
  heartbeat.stop();
});

Deno.test("[15] Heartbeat finds a silent peer, and not one that sends something else", async () => {
  let now = 0;
  const dead = Promise.withResolvers<TunnelError>();
  let ticks = 0;
  const heartbeat: Heartbeat = new Heartbeat({
    intervalMs: 1,
    ping: () => {
      // Heard for the first five, then nothing any more.
      if (++ticks <= 5) heartbeat.heard();
      now += 1;
    },
    dead: dead.resolve,
    now: () => now,
  });
  const error = await within(dead.promise);
  assertEquals(error.code, "timeout");
  // Three intervals without a sound, and not before.
  assertEquals(ticks, 7);
  heartbeat.stop();
});
