import { assertEquals } from "@std/assert";
import { IdleTimer } from "../../lib/base/idle_timer.ts";
import { Timeline } from "./_timeline.ts";

/** Lets so many milliseconds pass, and what is due happen. */
async function pass(time: Timeline, ms: number): Promise<void> {
  time.pass(ms);
  for (let i = 0; i < 5; i++) await Promise.resolve();
}

Deno.test("IdleTimer calls once when there was no use", async () => {
  const time = new Timeline();
  let calls = 0;
  new IdleTimer(20, () => calls++, time);
  await pass(time, 19);
  assertEquals(calls, 0);
  await pass(time, 1);
  assertEquals(calls, 1);
  await pass(time, 1000);
  assertEquals(calls, 1);
});

Deno.test("IdleTimer waits for as long as there is use", async () => {
  const time = new Timeline();
  let calls = 0;
  const timer = new IdleTimer(30, () => calls++, time);
  for (let i = 0; i < 10; i++) {
    await pass(time, 25);
    timer.touch();
  }
  await pass(time, 29);
  assertEquals(calls, 0);
  await pass(time, 1);
  assertEquals(calls, 1);
});

Deno.test("IdleTimer.stop() never calls", async () => {
  const time = new Timeline();
  let calls = 0;
  const timer = new IdleTimer(30, () => calls++, time);
  timer.stop();
  timer.stop();
  await pass(time, 30);
  assertEquals(calls, 0);
});

Deno.test("IdleTimer.stop() leaves no timer behind", () => {
  new IdleTimer(1000, () => {
    throw new Error("called");
  }).stop();
});
