import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import type { Target } from "../../lib/base/address.ts";
import { TunnelError } from "../../lib/base/errors.ts";
import type {
  DatagramChannel,
  DatagramOwner,
} from "../../lib/session/datagram_channel.ts";
import { Session, type SessionOptions } from "../../lib/session/session.ts";
import { newChannelId } from "../../lib/wire/channel_id.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { within } from "../ffi/within.ts";
import { atTurnEnd, lonelySession } from "./_sessions.ts";
import { MemoryTransport } from "./_transport_pair.ts";

const HELLO = new TextEncoder().encode("hello");
const TARGET: Target = { host: "192.0.2.1", port: 53 };
const SOURCE: Target = { host: "2001:db8::9", port: 5353 };

/** Writes down what happens. */
class DatagramRecorder implements DatagramOwner {
  readonly events: string[] = [];
  channel: DatagramChannel | undefined;
  #wake = Promise.withResolvers<void>();

  opened(): void {
    this.#add("opened");
  }

  datagram({ host, port }: Target, payload: Uint8Array): void {
    const text = new TextDecoder().decode(payload);
    this.#add(`${host} ${port} ${text}`);
  }

  closed(error?: TunnelError): void {
    this.#add(error ? `closed: ${error.message}` : "closed");
  }

  #add(event: string): void {
    this.events.push(event);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** Waits until so many things have happened. */
  async until(count: number): Promise<string[]> {
    while (this.events.length < count) await within(this.#wake.promise);
    return this.events;
  }
}

async function onPair(
  v1: boolean,
  run: (stage: {
    entry: Session;
    exit: Session;
    app: DatagramRecorder;
    far: DatagramRecorder;
    entryEnd: MemoryTransport;
  }) => Promise<void>,
  options: Partial<SessionOptions> = {},
): Promise<void> {
  const [entryEnd, exitEnd] = MemoryTransport.pair();
  const app = new DatagramRecorder();
  const far = new DatagramRecorder();
  const entry = new Session(entryEnd, { v1, atTurnEnd });
  const exit = new Session(exitEnd, {
    v1,
    atTurnEnd,
    acceptDatagrams(channel) {
      far.channel = channel;
      return far;
    },
    ...options,
  });
  await run({ entry, exit, app, far, entryEnd });
  entry.close();
  await entry.closed;
  await exit.closed;
  await MemoryTransport.settled();
}

for (const v1 of [true, false]) {
  const peers = v1 ? "new peers" : "old peers";

  Deno.test(`openDatagrams() carries datagrams both ways, ${peers}`, () =>
    onPair(v1, async ({ entry, exit, app, far }) => {
      const channel = entry.openDatagrams(app);
      assert(channel.send(TARGET, HELLO));
      assertEquals(await far.until(1), ["192.0.2.1 53 hello"]);
      far.channel!.accept();
      assertEquals(await app.until(1), ["opened"]);
      assert(far.channel!.send(SOURCE, HELLO));
      assert(far.channel!.send(TARGET, new Uint8Array(0)));
      assertEquals((await app.until(3)).slice(1), [
        "2001:db8::9 5353 hello",
        "192.0.2.1 53 ",
      ]);
      assertEquals([entry.channelCount, exit.channelCount], [1, 1]);
      channel.disconnect();
      channel.disconnect();
      assertEquals((await far.until(2))[1], "closed");
      assertEquals([entry.channelCount, exit.channelCount], [0, 0]);
      assertEquals(app.events.length, 3);
      assertEquals(channel.send(TARGET, HELLO), false);
    }));

  Deno.test(`disconnect() of the exit tells the entry, ${peers}`, () =>
    onPair(v1, async ({ entry, app, far }) => {
      entry.openDatagrams(app).send(TARGET, HELLO);
      await far.until(1);
      far.channel!.accept();
      far.channel!.disconnect("idle");
      assertEquals(await app.until(2), ["opened", "closed"]);
      assertEquals(far.events.length, 1);
    }));

  Deno.test(`refuse() tells the entry why, ${peers}`, () =>
    onPair(v1, async ({ entry, exit, app, far }) => {
      entry.openDatagrams(app).send(TARGET, HELLO);
      await far.until(1);
      far.channel!.refuse("no socket");
      assertEquals(await app.until(1), ["closed: no socket"]);
      assertEquals([entry.channelCount, exit.channelCount], [0, 0]);
    }));
}

Deno.test("refuse() within acceptDatagrams leaves nothing behind", () =>
  onPair(true, async ({ entry, exit, app }) => {
    entry.openDatagrams(app);
    assertEquals(await app.until(1), ["closed: busy"]);
    assertEquals([entry.channelCount, exit.channelCount], [0, 0]);
  }, {
    acceptDatagrams(channel) {
      channel.refuse("busy");
      return new DatagramRecorder();
    },
  }));

Deno.test("a session without acceptDatagrams refuses", async () => {
  const [entryEnd, exitEnd] = MemoryTransport.pair();
  const app = new DatagramRecorder();
  const entry = new Session(entryEnd, { atTurnEnd });
  const exit = new Session(exitEnd, { atTurnEnd });
  entry.openDatagrams(app);
  assertEquals(await app.until(1), ["closed: protocol not supported: udp"]);
  entry.close();
  await exit.closed;
  await MemoryTransport.settled();
});

Deno.test("send() drops instead of queueing without end", () =>
  onPair(true, ({ entry, app, entryEnd }) => {
    const channel = entry.openDatagrams(app);
    entryEnd.bufferedBytes += 1_048_577;
    assertEquals(channel.send(TARGET, HELLO), false);
    entryEnd.bufferedBytes -= 1_048_577;
    assertEquals(channel.send(TARGET, HELLO), true);
    return Promise.resolve();
  }));

Deno.test("send() refuses what no datagram or no name can be", () =>
  onPair(true, ({ entry, app }) => {
    const channel = entry.openDatagrams(app);
    assertEquals(channel.send(TARGET, new Uint8Array(65_508)), false);
    for (const host of ["n".repeat(256), "ü".repeat(128)]) {
      assertEquals(channel.send({ host, port: 1 }, HELLO), false);
    }
    assertEquals(channel.send({ host: "n".repeat(255), port: 1 }, HELLO), true);
    return Promise.resolve();
  }));

Deno.test("openDatagrams() has a limit", () =>
  onPair(true, ({ entry, app }) => {
    for (let i = 0; i < 1024; i++) entry.openDatagrams(app);
    const error = assertThrows(() => entry.openDatagrams(app), TunnelError);
    assertEquals(error.code, "limit");
    return Promise.resolve();
  }));

Deno.test("the end of a session ends associations with its reason", async () => {
  const app = new DatagramRecorder();
  const { session, end } = lonelySession();
  session.openDatagrams(app);
  end.lose("the network is gone");
  assertEquals(await app.until(1), ["closed: the network is gone"]);
  await MemoryTransport.settled();
});

function udpConnect(id: Uint8Array): Message {
  return { type: "connect", protocol: "udp", id, host: "", port: 0 };
}

function udpData(
  id: Uint8Array,
  payload: Uint8Array,
  compression = 0,
): Message {
  return {
    type: "data",
    protocol: "udp",
    id,
    compression,
    payload,
    address: "",
    port: 0,
    targetAddress: TARGET.host,
    targetPort: TARGET.port,
  };
}

async function fromOldPeer(
  messages: Message[],
  run: (recorder: DatagramRecorder, answers: Message[]) => Promise<void>,
): Promise<void> {
  const recorder = new DatagramRecorder();
  const { session, far } = lonelySession({
    acceptDatagrams: (channel) => {
      recorder.channel = channel;
      return recorder;
    },
  });
  const answers: Message[] = [];
  far.handler = {
    message: (bytes) => void answers.push(decodeMessage(bytes)),
    closed() {},
  };
  for (const message of messages) far.send(encodeMessage(message));
  await MemoryTransport.settled();
  await run(recorder, answers);
  assertEquals(session.isClosed, false);
  session.close();
  await MemoryTransport.settled();
}

Deno.test("[48] a gzip datagram of an old peer arrives plain", () => {
  const id = newChannelId();
  const small = gzipSync(HELLO);
  const bomb = gzipSync(new Uint8Array(1_000_000));
  return fromOldPeer([
    udpConnect(id),
    udpData(id, small, 1),
    udpData(id, bomb, 1),
    udpData(id, HELLO, 1),
    udpData(id, HELLO),
  ], (recorder) => {
    assertEquals(recorder.events, ["192.0.2.1 53 hello", "192.0.2.1 53 hello"]);
    return Promise.resolve();
  });
});

Deno.test("datagrams of nobody's association are dropped", () =>
  fromOldPeer([
    udpData(newChannelId(), HELLO),
    { type: "disconnect", id: newChannelId() },
  ], (recorder) => {
    assertEquals(recorder.events, []);
    return Promise.resolve();
  }));

Deno.test("an id in use is refused and its owner stays", () => {
  const id = newChannelId();
  return fromOldPeer([
    udpConnect(id),
    udpConnect(id),
    udpData(id, HELLO),
  ], async (recorder, answers) => {
    assertEquals(recorder.events, ["192.0.2.1 53 hello"]);
    recorder.channel!.accept();
    recorder.channel!.accept();
    await MemoryTransport.settled();
    assertEquals(
      answers.map((one) => one.type === "connectResponse" && one.ok),
      [false, true],
    );
  });
});

Deno.test("a datagram before CONNECT_RESPONSE opens the association", async () => {
  const app = new DatagramRecorder();
  const { session, far } = lonelySession();
  const channel = session.openDatagrams(app);
  const { id } = channel;
  far.send(encodeMessage({
    type: "data",
    protocol: "udp",
    id,
    compression: 0,
    payload: HELLO,
    address: SOURCE.host,
    port: SOURCE.port,
    targetAddress: "",
    targetPort: 0,
  }));
  far.send(encodeMessage({ type: "connectResponse", ok: true, id }));
  assertEquals(await app.until(2), ["opened", "2001:db8::9 5353 hello"]);
  await MemoryTransport.settled();
  assertEquals(app.events.length, 2);
  session.close();
  await MemoryTransport.settled();
});
