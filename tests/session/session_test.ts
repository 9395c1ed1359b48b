import { assert, assertEquals, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import type { Channel } from "../../lib/session/channel.ts";
import { newChannelId } from "../../lib/wire/channel_id.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { within } from "../ffi/within.ts";
import { closePair, lonelySession, openPair, Recorder } from "./_sessions.ts";
import { MemoryTransport } from "./_transport_pair.ts";

const TARGET = { host: "target", port: 1 };
const KINDS = [{ v1: true }, { v1: false }];

function refusing(reason: string): (channel: Channel) => Recorder {
  return (channel) => {
    channel.refuse(reason);
    return new Recorder();
  };
}

/** Gives channels to `owner` and says that the target was reached. */
function accepting(owner: Recorder): (channel: Channel) => Recorder {
  return (channel) => {
    owner.channel = channel;
    owner.started = () => channel.accept(0);
    return owner;
  };
}

for (const { v1 } of KINDS) {
  const kind = v1 ? "v1" : "old peer";

  Deno.test(`Session.open() learns why a target was refused (${kind})`, async () => {
    const reasons = [
      ["connection refused", "refused"],
      ["dial tcp: lookup x: no such host", "name"],
      ["network is unreachable", "unreachable"],
      ["i/o timeout", "timeout"],
      ["permission denied", "denied"],
      ["whatever", "failed"],
    ] as const;
    for (const [reason, code] of reasons) {
      const pair = openPair(v1, refusing(reason));
      const app = new Recorder();
      pair.entry.open(TARGET, app);
      const error = await within(app.isClosed.promise);
      assertEquals([error?.code, error?.message], [code, reason]);
      assertEquals(app.events, [`closed: ${code}`]);
      assertEquals(pair.entry.channelCount, 0);
      assertEquals(pair.exit.channelCount, 0);
      await closePair(pair);
    }
  });

  Deno.test(`[33] Channel.disconnect() is idempotent (${kind})`, async () => {
    const target = new Recorder();
    const pair = openPair(v1, () => target);
    const app = new Recorder();
    const channel = pair.entry.open(TARGET, app);
    channel.disconnect();
    channel.disconnect("again");
    assertEquals(await within(target.isClosed.promise), undefined);
    assertEquals(target.events, ["closed"]);
    assertEquals(app.events, []);
    assertEquals(pair.entry.channelCount, 0);
    await closePair(pair);
    assertEquals(target.events, ["closed"]);
  });

  Deno.test(`[29] Session keeps data before CONNECT_RESPONSE (${kind})`, async () => {
    const { session, far } = lonelySession({ v1 });
    const app = new Recorder();
    const { id } = session.open(TARGET, app);
    const payload = new Uint8Array([1, 2, 3]);
    const message: Message = {
      type: "data",
      protocol: "tcp",
      id,
      compression: 0,
      payload,
    };
    far.send(encodeMessage(message));
    await within(app.isOpen.promise);
    assertEquals(app.bytes, payload);
    session.close();
    await session.closed;
    await MemoryTransport.settled();
    assertEquals(app.events, ["opened", "closed: closed"]);
  });

  Deno.test(`[34] Session.close() closes its channels (${kind})`, async () => {
    const targets: Recorder[] = [];
    const pair = openPair(v1, () => {
      targets.push(new Recorder());
      return targets.at(-1)!;
    });
    const apps = Array.from({ length: 20 }, () => new Recorder());
    for (const app of apps) app.channel = pair.entry.open(TARGET, app);
    const data = new Uint8Array([1]);
    for (const app of apps) app.send(data);
    for (let turns = 0; targets.length < apps.length; turns++) {
      assert(turns < 1000, `${targets.length} channels came`);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await closePair(pair);
    for (const { events } of [...apps, ...targets]) {
      assertEquals(events, ["closed: closed"]);
    }
    assertEquals([pair.entry.channelCount, pair.exit.channelCount], [0, 0]);
    assertThrows(() => pair.entry.open(TARGET, new Recorder()), TunnelError);
  });
}

Deno.test("Session hands over first bytes before it says that a channel has started", async () => {
  const target = new Recorder();
  const order: string[] = [];
  const pair = openPair(true, (channel) => {
    target.channel = channel;
    target.started = () => order.push(`started with ${target.byteCount}`);
    // A channel can be used as soon as it is here.
    channel.accept(0);
    order.push("accepted");
    return target;
  });
  const app = new Recorder();
  const first = new Uint8Array(3);
  app.channel = pair.entry.open(TARGET, app, { first });
  await within(app.isOpen.promise);
  assertEquals(order, ["accepted", "started with 3"]);
  await closePair(pair);
});

Deno.test("Session does not start a channel that was refused at once", async () => {
  const target = new Recorder();
  const pair = openPair(true, (channel) => {
    target.started = () => target.events.push("started");
    channel.refuse("no");
    return target;
  });
  const app = new Recorder();
  const first = new Uint8Array(3);
  app.channel = pair.entry.open(TARGET, app, { first });
  assertEquals((await within(app.isClosed.promise))?.message, "no");
  assertEquals(pair.exit.channelCount, 0);
  assertEquals(pair.exit.heldBytes, 0);
  await closePair(pair);
  assertEquals([target.events, target.byteCount], [[], 0]);
});

Deno.test("Session closes a channel during whose acceptance it ends", async () => {
  const target = new Recorder();
  const pair = openPair(true, () => {
    pair.exit.close(1000, "enough");
    return target;
  });
  const app = new Recorder();
  app.channel = pair.entry.open(TARGET, app);
  assertEquals((await within(target.isClosed.promise))?.message, "enough");
  assertEquals(pair.exit.channelCount, 0);
  await closePair(pair);
});

Deno.test("Session cuts off a peer that sends beyond its credit", async () => {
  const { session, end, far } = lonelySession({ v1: true });
  const app = new Recorder();
  app.consumes = false;
  const { id } = session.open(TARGET, app);
  const payload = new Uint8Array(65_536);
  for (let sent = 0; sent < 5; sent++) {
    far.send(
      encodeMessage({
        type: "data",
        protocol: "tcp",
        id,
        compression: 0,
        payload,
      }),
    );
  }
  assertEquals((await within(session.closed)).code, "limit");
  assertEquals(app.bytes.length, 262_144);
  assertEquals(end.closedWith?.code, 1002);
  await MemoryTransport.settled();
});

Deno.test("Session gives up a v1 peer at its first malformed message", async () => {
  const { session, far } = lonelySession({ v1: true });
  far.send(new Uint8Array([1, 4, 1, 0]));
  assertEquals((await within(session.closed)).code, "protocol");
  await MemoryTransport.settled();
});

Deno.test("[11] Session gives up an old peer of another major version", async () => {
  const { session, far } = lonelySession();
  far.send(new Uint8Array([0x11, 4, 1, 0]));
  const { code, message } = await within(session.closed);
  assertEquals(code, "protocol");
  assertEquals(message.includes("major version 0 but got 1"), true);
  await MemoryTransport.settled();
});

Deno.test("Session skips a few malformed messages of an old peer", async () => {
  const { session, far } = lonelySession();
  const app = new Recorder();
  const { id } = session.open(TARGET, app);
  for (let sent = 0; sent < 16; sent++) far.send(new Uint8Array([1, 4, 1, 0]));
  far.send(encodeMessage({ type: "connectResponse", ok: true, id }));
  await within(app.isOpen.promise);
  assertEquals(session.isClosed, false);
  far.send(new Uint8Array([1, 4, 1, 0]));
  assertEquals((await within(session.closed)).code, "protocol");
  await MemoryTransport.settled();
});

Deno.test("[30] Session refuses what it cannot dial", async () => {
  const { session, far } = lonelySession({ accept: () => new Recorder() });
  let answers = 0;
  const answered = Promise.withResolvers<void>();
  far.handler = {
    message(bytes) {
      assertEquals([...bytes.subarray(0, 3)], [1, 5, 0]);
      if (++answers === 2) answered.resolve();
    },
    closed() {},
  };
  for (const target of [{ host: "x", port: 0 }, { host: "", port: 1 }]) {
    far.send(
      encodeMessage({
        type: "connect",
        protocol: "tcp",
        id: newChannelId(),
        ...target,
      }),
    );
  }
  await within(answered.promise);
  assertEquals(session.channelCount, 0);
  session.close();
  await session.closed;
  await MemoryTransport.settled();
});

Deno.test("Session.close() is idempotent", async () => {
  const { session, end } = lonelySession({ v1: true });
  session.close(1001, "one");
  session.close(1000, "two");
  assertEquals((await session.closed).message, "one");
  assertEquals(end.closedWith, { code: 1001, reason: "one" });
  await MemoryTransport.settled();
});

Deno.test("[35] Session closes the channel of an old peer that its reader leaves behind", async () => {
  const target = new Recorder();
  let held = 0;
  const pair = openPair(false, accepting(target));
  // What comes waits: nobody reads.
  target.data = (payload) => {
    held += payload.length;
    target.channel!.holds(payload.length);
  };
  const slow = new Recorder();
  slow.channel = pair.entry.open(TARGET, slow);
  const piece = new Uint8Array(1_048_576);
  for (let i = 0; i < 20; i++) slow.send(piece);
  const error = await within(slow.isClosed.promise);
  assertEquals([error?.code, error?.message], [
    "reset",
    "the reader is too slow",
  ]);
  assertEquals(held > 16 * 1_048_576 && held < 17 * 1_048_576, true);
  // The session lives, and so does every other channel.
  assertEquals(pair.exit.isClosed, false);
  target.channel!.holds(-held);
  assertEquals(pair.exit.heldBytes, 0);
  await closePair(pair);
});

Deno.test("[42] Session does not let a keystroke wait behind bulk", async () => {
  const order: string[] = [];
  const owners: Recorder[] = [];
  const pair = openPair(true, (channel, target) => {
    const owner = new Recorder();
    owners.push(owner);
    const { data } = owner;
    owner.data = (payload) => {
      order.push(target.host);
      data.call(owner, payload);
    };
    return accepting(owner)(channel);
  });
  const bulk = new Recorder();
  bulk.channel = pair.entry.open({ host: "bulk", port: 1 }, bulk);
  const keys = new Recorder();
  keys.channel = pair.entry.open({ host: "keys", port: 1 }, keys);
  await within(Promise.all([bulk.isOpen.promise, keys.isOpen.promise]));
  for (let i = 0; i < 64; i++) bulk.send(new Uint8Array(65_536));
  keys.send(new Uint8Array(1));
  bulk.sendEnd();
  await within(owners[0]!.isEnded.promise);
  // At most one frame of the bulk goes first.
  assertEquals(order.indexOf("keys") <= 1, true, order.join(" "));
  await closePair(pair);
});

Deno.test("Session.drain() closes when the last channel has ended", async () => {
  const target = new Recorder();
  const pair = openPair(true, accepting(target));
  const app = new Recorder();
  app.channel = pair.entry.open(TARGET, app);
  await within(app.isOpen.promise);
  pair.entry.drain();
  pair.entry.drain();
  await within(pair.exit.peerDrains);
  assertEquals(pair.entry.isClosed, false);
  app.sendEnd();
  target.sendEnd();
  await within(pair.exit.closed);
  assertEquals(app.events, ["opened", "ended"]);
  assertEquals(pair.entryEnd.closedWith, { code: 1000, reason: "drained" });
  await MemoryTransport.settled();
});

Deno.test("Session.drain() leaves it to a peer that opens channels to close", async () => {
  const target = new Recorder();
  const pair = openPair(true, accepting(target));
  // The peer asks for a channel before it hears that none is wanted.
  pair.exit.drain();
  const app = new Recorder();
  app.channel = pair.entry.open(TARGET, app);
  await within(pair.entry.peerDrains);
  pair.entry.endWhenIdle();
  await within(app.isOpen.promise);
  app.channel.disconnect();
  await within(target.isClosed.promise);
  // The channel has ended, and not with the session.
  assertEquals(target.events, ["closed"]);
  await within(Promise.all([pair.entry.closed, pair.exit.closed]));
  assertEquals(pair.entryEnd.closedWith, { code: 1000, reason: "drained" });
  await MemoryTransport.settled();
});

Deno.test("Session tells once that the peer was heard", async () => {
  let times = 0;
  const { session, far } = lonelySession({ heard: () => void times++ });
  await MemoryTransport.settled();
  assertEquals(times, 0);
  for (let i = 0; i < 2; i++) far.send(encodeMessage({ type: "drain" }));
  await MemoryTransport.settled();
  assertEquals(times, 1);
  session.close();
  await session.closed;
});
