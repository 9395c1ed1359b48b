import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { within } from "../ffi/within.ts";
import {
  between,
  firstDifference,
  randomBytes,
  seededRandom,
} from "../net/_random.ts";
import type { Transport } from "../../lib/session/transport.ts";
import { closePair, joinSessions, openPair, Recorder } from "./_sessions.ts";
import { MemoryTransport } from "./_transport_pair.ts";
import { WebSocketPairs } from "./_web_socket_pair.ts";

/** Each is one channel with other streams, pieces, pauses and windows. */
const MEMORY_CASES = 1500;
const SOCKET_CASES = 250;
const MAX_STREAM_BYTES = 300_000;

/** A turn of the loop, in which messages arrive. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Sends `stream` in pieces of random length with pauses between some of them. */
async function sendInPieces(
  random: () => number,
  from: Recorder,
  stream: Uint8Array,
): Promise<void> {
  const longest = [
    1,
    100,
    5000,
    100_000,
    MAX_STREAM_BYTES,
  ][between(random, 1, 4)]!;
  for (let at = 0; at < stream.length;) {
    const count = Math.min(stream.length - at, between(random, 1, longest));
    from.send(stream.subarray(at, at + count));
    at += count;
    if (random() < longest * 8 / stream.length) await turn();
  }
  from.sendEnd();
}

function randomLength(random: () => number): number {
  const most = [0, 1, 1000, 65_536, 65_537, MAX_STREAM_BYTES];
  return between(random, 0, most[between(random, 0, most.length - 1)]!);
}

/** Lets bytes that came count as gone, a few at a time, until the end. */
async function consumeSlowly(
  random: () => number,
  owner: Recorder,
): Promise<void> {
  let ended = false;
  owner.isEnded.promise.then(() => ended = true);
  owner.consumes = false;
  const most = [500, 5000, 100_000][between(random, 0, 2)]!;
  while (!ended || owner.unconsumedBytes > 0) {
    await turn();
    owner.consume(between(random, 1, most));
  }
}

type Connect = () =>
  | readonly [Transport, Transport]
  | Promise<readonly [Transport, Transport]>;

/** One channel, both directions at the same time, each with its own end. */
async function runCase(
  seed: number,
  v1: boolean,
  connect: Connect,
): Promise<void> {
  const random = seededRandom(seed);
  const up = randomBytes(random, randomLength(random));
  const down = randomBytes(random, randomLength(random));
  const early = up.subarray(0, between(random, 0, Math.min(up.length, 65_536)));
  const late = random() < 0.5;
  // Windows shrink with the budget; an old peer knows no window.
  const maxHeldBytes = [
    1 << 13,
    1 << 17,
    1 << 20,
    1 << 26,
  ][v1 ? between(random, 0, 3) : 3]!;
  const slow = random() < 0.3;
  const app = new Recorder();
  const target = new Recorder();
  const reading: Promise<void>[] = [];
  if (slow) {
    reading.push(consumeSlowly(random, app), consumeSlowly(random, target));
  }
  const pair = joinSessions(await connect(), v1, (channel) => {
    target.channel = channel;
    target.started = async () => {
      if (late) await turn();
      channel.accept(0);
      await sendInPieces(random, target, down);
    };
    return target;
  }, { maxHeldBytes });
  const first = early.slice();
  app.channel = pair.entry.open({ host: "target", port: 1 }, app, { first });
  await sendInPieces(random, app, up.subarray(early.length));
  // To an old peer the end is empty DATA: harmless to those that do not know it.
  await within(Promise.all([app.isEnded.promise, target.isEnded.promise]));
  await within(Promise.all(reading));
  const label = `seed ${seed}, v1 ${v1}`;
  assertEquals(firstDifference(target.bytes, up), -1, label);
  assertEquals(firstDifference(app.bytes, down), -1, label);
  assertEquals(app.events, ["opened", "ended"], label);
  assertEquals(target.events, ["ended"], label);
  assertEquals(pair.entry.channelCount, 0, label);
  assertEquals(pair.exit.channelCount, 0, label);
  await closePair(pair);
}

/** Many channels at once on one session. */
async function runTogether(seed: number, v1: boolean): Promise<void> {
  const random = seededRandom(seed);
  const targets = new Map<number, Recorder>();
  const pair = openPair(v1, (channel, target) => {
    const recorder = new Recorder();
    targets.set(target.port, recorder);
    recorder.channel = channel;
    recorder.started = () => {
      channel.accept(0);
      recorder.sendEnd();
    };
    return recorder;
  });
  const streams = Array.from(
    { length: 40 },
    () => randomBytes(random, between(random, 0, 150_000)),
  );
  const apps = streams.map((stream, index) => {
    const app = new Recorder();
    app.channel = pair.entry.open({ host: "target", port: index + 1 }, app);
    return { app, sent: sendInPieces(random, app, stream) };
  });
  await within(Promise.all(apps.map(({ sent }) => sent)));
  await within(Promise.all(apps.map(({ app }) => app.isEnded.promise)));
  await within(
    Promise.all([...targets.values()].map(({ isEnded }) => isEnded.promise)),
  );
  streams.forEach((stream, index) => {
    const label = `seed ${seed}, channel ${index}`;
    const { bytes } = targets.get(index + 1)!;
    assertEquals(firstDifference(bytes, stream), -1, label);
  });
  await closePair(pair);
}

for (const v1 of [true, false]) {
  const kind = v1 ? "v1" : "old peer";
  Deno.test(`Session carries any bytes in order with their end (${kind})`, async () => {
    for (let seed = 1; seed <= MEMORY_CASES; seed++) {
      await runCase(seed, v1, () => MemoryTransport.pair());
    }
  });

  Deno.test(`Session carries any bytes over a WebSocket (${kind})`, async () => {
    await using sockets = new WebSocketPairs();
    for (let seed = 1; seed <= SOCKET_CASES; seed++) {
      await runCase(seed, v1, () => sockets.pair());
    }
  });

  Deno.test(`Session keeps channels apart (${kind})`, async () => {
    for (let seed = 1; seed <= 10; seed++) await runTogether(seed, v1);
  });
}
