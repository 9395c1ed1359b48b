import { assertEquals } from "@std/assert";
import { Deadlines } from "../../lib/base/deadlines.ts";
import { within } from "../ffi/within.ts";

Deno.test("Deadlines.add() calls tasks in order and on time", async () => {
  const deadlines = new Deadlines(5);
  const called: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const start = performance.now();
  for (let index = 0; index < 3; index++) {
    deadlines.add(() => {
      called.push(index);
      if (index === 2) resolve();
    });
  }
  await within(promise);
  assertEquals(called, [0, 1, 2]);
  assertEquals(performance.now() - start >= 4, true);
});

Deno.test("Deadlines.cancel() leaves the others", async () => {
  const deadlines = new Deadlines(5);
  const called: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = deadlines.add(() => called.push("first"));
  const second = deadlines.add(() => called.push("second"));
  deadlines.add(() => {
    called.push("third");
    resolve();
  });
  deadlines.cancel(second);
  deadlines.cancel(first);
  deadlines.cancel(first);
  deadlines.cancel(undefined);
  await within(promise);
  assertEquals(called, ["third"]);
});

Deno.test("Deadlines.cancel() of the last one leaves no timer", () => {
  const deadlines = new Deadlines(60_000);
  const waits = Array.from({ length: 3000 }, () => deadlines.add(() => {}));
  for (const wait of waits) deadlines.cancel(wait);
});

Deno.test("Deadlines.clear() leaves no timer", () => {
  const deadlines = new Deadlines(60_000);
  deadlines.add(() => {});
  deadlines.clear();
});

Deno.test("Deadlines.add() works from inside a task", async () => {
  const deadlines = new Deadlines(2);
  const { promise, resolve } = Promise.withResolvers<void>();
  deadlines.add(() => void deadlines.add(resolve));
  await within(promise);
});
