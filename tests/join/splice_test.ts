import { assertEquals } from "@std/assert";
import { connPair } from "../../lib/join/conn_pair.ts";
import { Splice } from "../../lib/join/splice.ts";
import { END } from "../../lib/net/conn.ts";
import { within } from "../ffi/within.ts";
import {
  closePair,
  openPair,
  Recorder,
  type SessionPair,
} from "../session/_sessions.ts";
import { settled } from "../transport/_relay.ts";

const TARGET = { host: "target", port: 1 };
const ADDRESS = { host: "127.0.0.1", port: 1 };
const HELLO = new TextEncoder().encode("hello");

interface Stage {
  pair: SessionPair;
  /** Behind the splice. */
  app: ReturnType<typeof connPair>[number];
  /** At the other end of the channel. */
  target: Recorder;
  splice: Splice;
}

/** An app at a splice whose channel was opened with `first`. */
async function onStage(
  v1: boolean,
  first: Uint8Array,
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  const target = new Recorder();
  const pair = openPair(v1, (channel) => {
    target.channel = channel;
    target.started = () => channel.accept(0);
    return target;
  });
  const [app, near] = connPair(ADDRESS, ADDRESS);
  const splice = new Splice();
  const channel = pair.entry.open(TARGET, splice, { first });
  splice.setChannel(channel, first.length);
  splice.attach(near!);
  await run({ pair, app: app!, target, splice });
  assertEquals([pair.entry.heldBytes, pair.exit.heldBytes], [0, 0]);
  await closePair(pair);
}

for (const v1 of [true, false]) {
  const kind = v1 ? "v1" : "old peer";

  Deno.test(`Splice awaits an answer to what went with the request (${kind})`, () =>
    onStage(v1, HELLO, async ({ pair, app, target }) => {
      app.closeWrite();
      await within(target.isEnded.promise);
      assertEquals(target.bytes, HELLO);
      // The channel is still there for the answer.
      assertEquals(pair.exit.channelCount, 1);
      target.send(HELLO);
      target.sendEnd();
      await settled();
      const into = new Uint8Array(99);
      assertEquals(app.read(into), HELLO.length);
      assertEquals(app.read(into), END);
      assertEquals(pair.entry.channelCount, 0);
    }));

  Deno.test(`Splice counts nothing as held when its conn is gone (${kind})`, () =>
    onStage(v1, HELLO, async ({ pair, app, target }) => {
      await settled();
      // More than the app's end takes, and within the window.
      target.send(new Uint8Array(300_000));
      await settled();
      assertEquals(pair.entry.heldBytes, 300_000 - 262_144);
      app.close();
      await within(target.isClosed.promise);
      assertEquals(pair.entry.heldBytes, 0);
    }));
}

Deno.test("Splice ends the channel of an old peer when no answer is awaited", () =>
  onStage(false, new Uint8Array(), async ({ app, target }) => {
    await settled();
    app.closeWrite();
    assertEquals(await within(target.isClosed.promise), undefined);
  }));
