import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FLAG_TFO_ACKED, FLAG_TFO_ATTEMPTED } from "../../lib/wire/messages.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { forEachMessage } from "../../lib/wire/bundle.ts";
import type { Channel } from "../../lib/session/channel.ts";
import type { DatagramOwner } from "../../lib/session/datagram_channel.ts";
import { within } from "../ffi/within.ts";
import {
  closeRelay,
  describeHops,
  HOPS,
  openRelay,
  settled,
} from "../transport/_relay.ts";
import { Recorder } from "../session/_sessions.ts";

const WISH = { host: "target", port: 7 };
const HELLO = new TextEncoder().encode("hello");
const TFO = FLAG_TFO_ATTEMPTED | FLAG_TFO_ACKED;

/** A provider that refuses, or accepts with `flags` and has `target` behind. */
function providerWith(target: Recorder, flags = 0, refusal?: string) {
  return {
    accept: (channel: Channel) => {
      target.channel = channel;
      target.started = () => {
        if (refusal === undefined) channel.accept(flags);
        else channel.refuse(refusal);
      };
      return target;
    },
  };
}

/** Types of the messages in what a transport was given. */
function typesOf(message: Uint8Array, v1: boolean): string[] {
  const types: string[] = [];
  forEachMessage(message, v1, (one) => {
    const { type } = decodeMessage(one, { v1 });
    if (type !== "ping" && type !== "pong") types.push(type);
  });
  return types;
}

for (const hops of HOPS) {
  const kind = describeHops(hops);

  Deno.test(`[51] ChannelJoin passes a failure on in its words (${kind})`, async () => {
    const app = new Recorder();
    const target = new Recorder();
    const relay = openRelay(
      hops,
      providerWith(target, 0, "connection refused by x"),
    );
    app.channel = relay.connector.open(WISH, app);
    const error = await within(app.isClosed.promise);
    assertEquals(error?.message, "connection refused by x");
    assertEquals(error?.code, "refused");
    assertEquals(relay.joins.size, 0);
    await closeRelay(relay);
  });

  Deno.test(`[50] ChannelJoin.refuse() answers the connector (${kind})`, async () => {
    const app = new Recorder();
    const relay = openRelay(hops, {}, (_, refuse) => refuse());
    app.channel = relay.connector.open(WISH, app);
    const error = await within(app.isClosed.promise);
    assertEquals(error?.message, "no provider");
    assertEquals(relay.near.channelCount, 0);
    assertEquals(relay.joins.size, 0);
    await closeRelay(relay);
  });

  Deno.test(`[52] ChannelJoin keeps what comes before the provider (${kind})`, async () => {
    const app = new Recorder();
    const target = new Recorder();
    const provider = Promise.withResolvers<void>();
    const relay = openRelay(
      hops,
      providerWith(target),
      (connect) => void provider.promise.then(connect),
    );
    app.channel = relay.connector.open(WISH, app, { first: HELLO.slice() });
    app.send(HELLO);
    await settled();
    assertEquals(relay.near.heldBytes, 2 * HELLO.length);
    provider.resolve();
    await within(app.isOpen.promise);
    await settled();
    assertEquals(new TextDecoder().decode(target.bytes), "hellohello");
    assertEquals(relay.near.heldBytes, 0);
    await closeRelay(relay);
  });

  Deno.test(`[53] ChannelJoin tells the connector that the provider is lost (${kind})`, async () => {
    const app = new Recorder();
    const target = new Recorder();
    const relay = openRelay(hops, providerWith(target));
    app.channel = relay.connector.open(WISH, app);
    await within(app.isOpen.promise);
    relay.providerEnd.close(1001, "away");
    const error = await within(app.isClosed.promise);
    assertEquals(error?.message, "away");
    assertEquals(relay.near.channelCount, 0);
    assertEquals(relay.joins.size, 0);
    await closeRelay(relay);
  });

  Deno.test(`[53] ChannelJoin answers when the provider is lost during the dial (${kind})`, async () => {
    const app = new Recorder();
    const target = new Recorder();
    const asked = Promise.withResolvers<void>();
    const relay = openRelay(hops, {
      accept: () => {
        asked.resolve();
        return target;
      },
    });
    const answers: string[] = [];
    relay.connectorEnd.onReceive = (message) =>
      answers.push(...typesOf(message, hops.nearV1));
    app.channel = relay.connector.open(WISH, app);
    await within(asked.promise);
    relay.providerEnd.close(1001, "away");
    await within(app.isClosed.promise);
    assertEquals(answers, ["connectResponse"]);
    await closeRelay(relay);
  });

  Deno.test(`[53] ChannelJoin tells the provider that the connector is lost (${kind})`, async () => {
    const app = new Recorder();
    const target = new Recorder();
    const relay = openRelay(hops, providerWith(target));
    app.channel = relay.connector.open(WISH, app);
    await within(app.isOpen.promise);
    relay.connectorEnd.close(1001, "away");
    const error = await within(target.isClosed.promise);
    assertEquals(error?.message, "away");
    assertEquals(relay.far.channelCount, 0);
    assertEquals(relay.joins.size, 0);
    await closeRelay(relay);
  });
}

Deno.test("[51] ChannelJoin passes early data and the SYN's report on (v1)", async () => {
  const app = new Recorder();
  const target = new Recorder();
  const relay = openRelay(
    { nearV1: true, farV1: true },
    providerWith(target, TFO),
  );
  const asked: string[] = [];
  relay.providerEnd.onReceive = (message) =>
    asked.push(...typesOf(message, true));
  app.channel = relay.connector.open(WISH, app, { first: HELLO.slice() });
  await within(app.isOpen.promise);
  assertEquals(asked, ["connect"]);
  assertEquals(target.bytes, HELLO);
  assertEquals(app.flags, TFO);
  await closeRelay(relay);
});

Deno.test("[51] ChannelJoin sends early data behind CONNECT to an old provider", async () => {
  const app = new Recorder();
  const target = new Recorder();
  const relay = openRelay(
    { nearV1: true, farV1: false },
    providerWith(target),
  );
  const asked: string[] = [];
  relay.providerEnd.onReceive = (message) =>
    asked.push(...typesOf(message, false));
  app.channel = relay.connector.open(WISH, app, { first: HELLO.slice() });
  await within(app.isOpen.promise);
  await settled();
  assertEquals(asked, ["connect", "data"]);
  assertEquals(target.bytes, HELLO);
  await closeRelay(relay);
});

Deno.test("ChannelJoin brakes a sender whose reader stalls", async () => {
  const app = new Recorder();
  const target = new Recorder();
  target.consumes = false;
  const relay = openRelay({ nearV1: true, farV1: true }, providerWith(target));
  app.channel = relay.connector.open(WISH, app);
  await within(app.isOpen.promise);
  const total = 4_000_000;
  app.send(new Uint8Array(total));
  await settled();
  assert(target.byteCount < 1_000_000, `${target.byteCount} bytes came`);
  assert(relay.near.heldBytes < 1_000_000, `${relay.near.heldBytes} wait`);
  // The reader goes on.
  target.consumes = true;
  target.channel!.consumed(target.byteCount);
  while (target.byteCount < total) {
    await settled();
  }
  assertEquals(relay.near.heldBytes, 0);
  await closeRelay(relay);
});

Deno.test("ChannelJoin closes an old sender whose reader is far too slow", async () => {
  const app = new Recorder();
  const target = new Recorder();
  target.consumes = false;
  const relay = openRelay({ nearV1: false, farV1: true }, providerWith(target));
  app.channel = relay.connector.open(WISH, app);
  await within(app.isOpen.promise);
  app.send(new Uint8Array(20_000_000));
  const error = await within(app.isClosed.promise);
  assertStringIncludes(error!.message, "too slow");
  await within(target.isClosed.promise);
  assertEquals(relay.near.heldBytes, 0);
  await closeRelay(relay);
});

/** Writes down what an association brings. */
class DatagramRecorder implements DatagramOwner {
  readonly came: string[] = [];
  readonly isOpen = Promise.withResolvers<void>();
  readonly isClosed = Promise.withResolvers<string | undefined>();

  opened(): void {
    this.isOpen.resolve();
  }

  datagram(address: { host: string; port: number }, payload: Uint8Array) {
    const text = new TextDecoder().decode(payload);
    this.came.push(`${address.host}:${address.port} ${text}`);
  }

  closed(error?: Error): void {
    this.isClosed.resolve(error?.message);
  }
}

for (const hops of HOPS) {
  Deno.test(`[51] DatagramJoin carries datagrams both ways (${describeHops(hops)})`, async () => {
    const app = new DatagramRecorder();
    const exit = new DatagramRecorder();
    let exitChannel: { accept(): void } | undefined;
    const relay = openRelay(hops, {
      acceptDatagrams(channel) {
        exitChannel = channel;
        queueMicrotask(() => channel.accept());
        exit.datagram = (address, payload) => {
          DatagramRecorder.prototype.datagram.call(exit, address, payload);
          channel.send({ host: "9.9.9.9", port: 53 }, payload);
        };
        return exit;
      },
    });
    const channel = relay.connector.openDatagrams(app);
    await within(app.isOpen.promise);
    assert(exitChannel);
    channel.send({ host: "example.com", port: 53 }, HELLO);
    await settled();
    assertEquals(exit.came, ["example.com:53 hello"]);
    assertEquals(app.came, ["9.9.9.9:53 hello"]);
    channel.disconnect();
    await within(exit.isClosed.promise);
    assertEquals(relay.joins.size, 0);
    assertEquals(relay.far.channelCount + relay.near.channelCount, 0);
    await closeRelay(relay);
  });

  Deno.test(`[53] DatagramJoin ends with either session (${describeHops(hops)})`, async () => {
    const app = new DatagramRecorder();
    const relay = openRelay(hops, {
      acceptDatagrams(channel) {
        queueMicrotask(() => channel.accept());
        return new DatagramRecorder();
      },
    });
    relay.connector.openDatagrams(app);
    await within(app.isOpen.promise);
    relay.providerEnd.close(1001, "away");
    await within(app.isClosed.promise);
    assertEquals(relay.near.channelCount, 0);
    assertEquals(relay.joins.size, 0);
    await closeRelay(relay);
  });
}
