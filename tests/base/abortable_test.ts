import { assertEquals, assertRejects } from "@std/assert";
import { abortable } from "../../lib/base/abortable.ts";

const NEVER = new Promise<never>(() => {});
const REASON = new Error("no more");

Deno.test("abortable() gives what the promise gives", async () => {
  const { signal } = new AbortController();
  assertEquals(await abortable(Promise.resolve(1), signal), 1);
  assertEquals(await abortable(Promise.resolve(2), undefined), 2);
  const failed = Promise.reject(REASON);
  assertEquals(await assertRejects(() => abortable(failed, signal)), REASON);
});

Deno.test("abortable() rejects with the reason of an abort", async () => {
  const during = new AbortController();
  const waiting = assertRejects(() => abortable(NEVER, during.signal));
  during.abort(REASON);
  assertEquals(await waiting, REASON);
  const before = AbortSignal.abort(REASON);
  assertEquals(await assertRejects(() => abortable(NEVER, before)), REASON);
});

Deno.test("abortable() leaves no failure behind that nobody hears of", async () => {
  const aborting = new AbortController();
  const late = Promise.withResolvers<never>();
  const waiting = assertRejects(() => abortable(late.promise, aborting.signal));
  aborting.abort(REASON);
  assertEquals(await waiting, REASON);
  // An unhandled rejection would fail the test.
  late.reject(new Error("too late"));
  await Promise.resolve();
});
