import { assert, assertEquals } from "@std/assert";
import { Stage, TARGET_HOST, whyNoStage } from "../../bench/rtt/stage.ts";
import { fitRoundTrips } from "../../bench/rtt/fit.ts";
import { seededRandom } from "../../bench/rtt/seeded_random.ts";
import { ip } from "../../bench/rtt/ip.ts";
import { pathBeside } from "../ffi/run_deno.ts";
import type { Echoes } from "./_echo_main.ts";

const REASON = whyNoStage();
const COUNT = 200;
/** Another program may hold the processor at times, so only the least counts. */
const LATE_MS = 15;

/** Sends `COUNT` datagrams from the client's host to the target's and back. */
async function echoes(stage: Stage): Promise<Echoes> {
  const path = pathBeside(import.meta.url, "_echo_main.ts");
  await using echo = stage.run("target", Deno.execPath(), [
    ...["run", "-A", path, "echo", TARGET_HOST],
  ]);
  await echo.find(/ready/);
  await using ask = stage.run("client", Deno.execPath(), [
    ...["run", "-A", path, String(COUNT), TARGET_HOST],
  ]);
  const [, text] = await ask.find(/result (\{.*\})\n/);
  return JSON.parse(text!);
}

function testOnStage(name: string, fn: () => Promise<void>): void {
  if (REASON !== undefined) {
    // deno-lint-ignore no-console
    console.log(`skipped: ${name}: ${REASON}`);
  }
  Deno.test({ name, ignore: REASON !== undefined, fn });
}

testOnStage("wires delay all packets by half a round trip each", async () => {
  await using stage = await Stage.open({ t: 30, d: 10, loss: 0 }, 1);
  const { minMs, answered } = await echoes(stage);
  assertEquals(answered, COUNT);
  assert(minMs >= 40 && minMs < 40 + LATE_MS, `${minMs} ms for 40`);
});

testOnStage("wires lose the part of the packets that they shall", async () => {
  await using stage = await Stage.open({ t: 2, d: 2, loss: 0.1 }, 1);
  // Each datagram and its answer pass four times: 0.9 ** 4 arrive, some 131.
  const { answered } = await echoes(stage);
  assert(answered > 95 && answered < 165, `${answered} of ${COUNT}`);
});

testOnStage("a stage leaves nothing behind", async () => {
  const stage = await Stage.open({ t: 0, d: 0, loss: 0 }, 1);
  const name = stage.namespaceOf("client");
  assert(ip("netns", "list").includes(name));
  await stage[Symbol.asyncDispose]();
  assert(!ip("netns", "list").includes(name));
});

Deno.test("the fit finds the round trips that times were made of", () => {
  const points = [[20, 20], [20, 50], [50, 20], [100, 100]].map((
    [t, d],
  ) => ({ t: t!, d: d!, ms: 2 * t! + 3 * d! + 4 }));
  const fit = fitRoundTrips(points)!;
  assertEquals(
    [fit.t, fit.d, fit.rest].map((value) => Math.round(value * 1e6) / 1e6),
    [2, 3, 4],
  );
});

Deno.test("without different distances there is no fit", () => {
  const points = [20, 50].map((t) => ({ t, d: t, ms: t }));
  assertEquals(fitRoundTrips(points), undefined);
});

Deno.test("the same seed gives the same numbers", () => {
  const [first, again, other] = [7, 7, 8].map((seed) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, random);
  });
  assertEquals(first, again);
  assert(first!.some((number, index) => number !== other![index]));
  const mean = first!.reduce((sum, number) => sum + number) / 1000;
  assert(Math.abs(mean - 0.5) < 0.05, `${mean}`);
});
