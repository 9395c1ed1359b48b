import { assert, assertEquals } from "@std/assert";
import { IdleTimer } from "../../lib/base/idle_timer.ts";
import { within } from "../ffi/within.ts";

Deno.test("IdleTimer calls once when there was no use", async () => {
  const idle = Promise.withResolvers<void>();
  let calls = 0;
  const begin = performance.now();
  new IdleTimer(20, () => {
    calls++;
    idle.resolve();
  });
  await within(idle.promise);
  assertEquals(calls, 1);
  assert(performance.now() - begin >= 19);
});

Deno.test("IdleTimer waits for as long as there is use", async () => {
  const idle = Promise.withResolvers<void>();
  const timer = new IdleTimer(30, idle.resolve);
  let lastUse = 0;
  let uses = 0;
  const using = setInterval(() => {
    timer.touch();
    lastUse = performance.now();
    if (++uses === 10) clearInterval(using);
  }, 5);
  await within(idle.promise);
  clearInterval(using);
  assertEquals(uses, 10);
  assert(performance.now() - lastUse >= 29);
});

Deno.test("IdleTimer.stop() leaves no timer behind", () => {
  new IdleTimer(1000, () => {
    throw new Error("called");
  }).stop();
});
