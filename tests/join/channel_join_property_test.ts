import { assertEquals } from "@std/assert";
import { within } from "../ffi/within.ts";
import {
  between,
  firstDifference,
  randomBytes,
  seededRandom,
} from "../net/_random.ts";
import {
  closeRelay,
  describeHops,
  HOPS,
  type Hops,
  openRelay,
} from "../transport/_relay.ts";
import { Recorder } from "../session/_sessions.ts";

const CASES = 60;
const MAX_STREAM_BYTES = 300_000;
const MAX_FIRST_BYTES = 65_536;

/** A turn of the loop, in which messages arrive. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Sends `stream` in pieces of random length with pauses between some of them. */
async function sendInPieces(
  random: () => number,
  from: Recorder,
  stream: Uint8Array,
): Promise<void> {
  const longest = [100, 5000, 100_000, MAX_STREAM_BYTES][
    between(random, 0, 3)
  ]!;
  for (let at = 0; at < stream.length;) {
    const count = Math.min(stream.length - at, between(random, 1, longest));
    from.send(stream.subarray(at, at + count));
    at += count;
    if (random() < longest * 8 / stream.length) await turn();
  }
}

function randomStream(random: () => number): Uint8Array {
  const most = [0, 1, 1000, 65_536, 65_537, MAX_STREAM_BYTES];
  const count = between(random, 0, most[between(random, 0, most.length - 1)]!);
  return randomBytes(random, count);
}

/** What of the app's bytes goes with its request. */
function earlyPart(random: () => number, up: Uint8Array): Uint8Array {
  return up.slice(0, between(random, 0, Math.min(up.length, MAX_FIRST_BYTES)));
}

/** The peer's direction has ended, or both. */
function over({ isEnded, isClosed }: Recorder): Promise<unknown> {
  return Promise.race([isEnded.promise, isClosed.promise]);
}

/** Both directions at the same time; the provider may come late. */
async function runHalfCloses(seed: number, hops: Hops): Promise<void> {
  const random = seededRandom(seed);
  const up = randomStream(random);
  const down = randomStream(random);
  const first = earlyPart(random, up);
  const lateProvider = random() < 0.5;
  const lateTarget = random() < 0.5;
  const app = new Recorder();
  const target = new Recorder();
  const relay = openRelay(hops, {
    accept(channel) {
      target.channel = channel;
      target.started = async () => {
        if (lateTarget) await turn();
        channel.accept(0);
        await sendInPieces(random, target, down);
        // Old peers know one end for both directions: the app's comes first.
        if (!hops.nearV1 || !hops.farV1) await over(target);
        target.sendEnd();
      };
      return target;
    },
  }, async (connect) => {
    if (lateProvider) await turn();
    connect();
  });
  const wish = { host: "target", port: 1 };
  app.channel = relay.connector.open(wish, app, { first });
  await sendInPieces(random, app, up.subarray(first.length));
  if (!hops.farV1) {
    // To an old provider an end may be the end of the answer, too.
    await within(app.isOpen.promise);
    while (app.byteCount < down.length) await turn();
  }
  app.sendEnd();
  const label = `seed ${seed}, ${describeHops(hops)}`;
  await within(Promise.all([over(app), over(target)]));
  assertEquals(firstDifference(target.bytes, up), -1, label);
  assertEquals(firstDifference(app.bytes, down), -1, label);
  assertEquals(app.events[0], "opened", label);
  if (hops.farV1) {
    assertEquals(app.events, ["opened", "ended"], label);
    assertEquals(target.events, ["ended"], label);
  }
  for (const { channelCount, heldBytes } of [relay.near, relay.far]) {
    assertEquals([channelCount, heldBytes], [0, 0], label);
  }
  assertEquals(relay.joins.size, 0, label);
  await closeRelay(relay);
}

/** One side sends and disconnects at once: all of it arrives first. */
async function runDisconnects(
  seed: number,
  hops: Hops,
  from: "app" | "target",
): Promise<void> {
  const random = seededRandom(seed);
  const stream = randomStream(random);
  const reason = random() < 0.5 ? "it broke" : undefined;
  const app = new Recorder();
  const target = new Recorder();
  const relay = openRelay(hops, {
    accept(channel) {
      target.channel = channel;
      target.started = () => channel.accept(0);
      return target;
    },
  });
  app.channel = relay.connector.open({ host: "target", port: 1 }, app);
  await within(app.isOpen.promise);
  const [source, sink] = from === "app" ? [app, target] : [target, app];
  await sendInPieces(random, source, stream);
  // All has left for the relay, and some of it is still under way.
  while (source.hasMore) await turn();
  source.channel!.disconnect(reason);
  const label = `seed ${seed}, ${from}, ${describeHops(hops)}`;
  const error = await within(sink.isClosed.promise);
  assertEquals(error?.message, reason, label);
  assertEquals(firstDifference(sink.bytes, stream), -1, label);
  assertEquals(relay.near.channelCount + relay.far.channelCount, 0, label);
  assertEquals(relay.near.heldBytes + relay.far.heldBytes, 0, label);
  assertEquals(relay.joins.size, 0, label);
  await closeRelay(relay);
}

for (const hops of HOPS) {
  const kind = describeHops(hops);

  Deno.test(`[51] ChannelJoin carries any bytes in order with their ends (${kind})`, async () => {
    for (let seed = 1; seed <= CASES; seed++) await runHalfCloses(seed, hops);
  });

  Deno.test(`[51] ChannelJoin delivers all before a Disconnect (${kind})`, async () => {
    for (let seed = 1; seed <= CASES; seed++) {
      await runDisconnects(seed, hops, seed % 2 === 0 ? "app" : "target");
    }
  });
}
