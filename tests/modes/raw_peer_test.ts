import { assert, assertEquals, assertRejects } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import {
  type Server,
  startClient,
  startServer,
  TunnelError,
} from "../../mod.ts";
import { channelKey, newChannelId } from "../../lib/wire/channel_id.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { hashToken } from "../../lib/wire/token.ts";
import { askFor, close, readExactly, Target, writeAll } from "../e2e/_app.ts";
import { fastClock } from "../base/fast_clock.ts";
import { within } from "../ffi/within.ts";
import { until } from "./_modes.ts";
import { RawClient } from "./_raw_client.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const LOCAL = "127.0.0.1";
const TOKEN = "a token of the tests";
const HELLO = new TextEncoder().encode("hello");

async function onServer(
  run: (server: Server) => Promise<void>,
  options: { optimistic?: boolean } = {},
): Promise<void> {
  const base = { token: TOKEN, hostname: LOCAL, port: 0, gracePeriodMs: 0 };
  const server = await startServer({ ...base, ...options });
  try {
    await run(server);
  } finally {
    await within(server.close());
  }
}

/** A target that says hello before it is asked, and then ends. */
async function greet(conn: Deno.TcpConn): Promise<void> {
  await writeAll(conn, HELLO);
  close(conn);
}

/** Connects to `port` and takes what comes until the end of the channel. */
async function exchange(client: RawClient, port: number): Promise<Message[]> {
  const id = newChannelId();
  const host = LOCAL;
  client.send({ type: "connect", protocol: "tcp", id, host, port });
  const got: Message[] = [];
  for (;;) {
    const message = await client.nextOf(id);
    got.push(message);
    if (message.type === "disconnect") return got;
  }
}

Deno.test("[8] a server's first message is AUTH_RESPONSE, 01 02 01", async () => {
  await onServer(async ({ addr }) => {
    const token = await hashToken(TOKEN);
    const client = Deno.createHttpClient({});
    const socket = new WebSocket(
      `ws://${LOCAL}:${addr.port}/socket?token=${token}&reverse=false`,
      { client },
    );
    socket.binaryType = "arraybuffer";
    const first = Promise.withResolvers<Uint8Array>();
    socket.onmessage = ({ data }) => first.resolve(new Uint8Array(data));
    assertEquals(await within(first.promise), Uint8Array.of(1, 2, 1));
    const closed = Promise.withResolvers<void>();
    socket.onclose = () => closed.resolve();
    socket.close();
    await within(closed.promise);
    client.close();
  });
});

Deno.test("[5] both ways to log in work, and an empty token means the second", async () => {
  await onServer(async (server) => {
    for (const byMessage of [false, true]) {
      {
        const way = { byMessage };
        await using _ = await RawClient.connect({ server }, TOKEN, way);
        assertEquals(server.sessionCount, 1);
      }
      await until(() => server.sessionCount === 0);
    }
    const { port } = server.addr;
    const url = `ws://${LOCAL}:${port}/socket/x?token=&reverse=false`;
    const client = Deno.createHttpClient({});
    const socket = new WebSocket(url, { client });
    socket.binaryType = "arraybuffer";
    const answer = Promise.withResolvers<Uint8Array>();
    socket.onmessage = ({ data }) => answer.resolve(new Uint8Array(data));
    socket.onopen = () =>
      socket.send(encodeMessage({
        type: "auth",
        token: TOKEN,
        reverse: false,
        instance: new Uint8Array(16),
      }));
    assertEquals(await within(answer.promise), Uint8Array.of(1, 2, 1));
    const closed = Promise.withResolvers<void>();
    socket.onclose = () => closed.resolve();
    socket.close();
    await within(closed.promise);
    client.close();
  });
});

Deno.test("[23] a client listens after the first login, or at once with noWait", async () => {
  await onServer(async ({ addr }) => {
    const url = `ws://${LOCAL}:${addr.port}`;
    const base = { url, token: TOKEN, socksPort: 0, gracePeriodMs: 0 };
    const patient = await startClient(base);
    const eager = await startClient({ ...base, noWait: true });
    try {
      assertEquals(patient.addr, undefined);
      assert(eager.addr!.port > 0);
      await within(Promise.all([patient.ready, eager.ready]));
      assert(patient.addr!.port > 0);
    } finally {
      await within(patient.close());
      await within(eager.close());
    }
  });
});

Deno.test("[23] a client says which port it cannot have", async () => {
  using taken = Deno.listen({ hostname: LOCAL, port: 0 });
  const { port: socksPort } = taken.addr;
  const text = `Cannot listen on ${LOCAL}:${socksPort}: address already in use`;
  await onServer(async ({ addr }) => {
    const url = `ws://${LOCAL}:${addr.port}`;
    const base = { url, token: TOKEN, socksPort };
    const client = await startClient(base);
    client.ready.catch(() => {});
    await assertRejects(() => within(client.closed), TunnelError, text);
    const eager = { ...base, noWait: true };
    await assertRejects(() => startClient(eager), TunnelError, text);
  });
});

Deno.test("[26] there is one CONNECT_RESPONSE, before all data", async () => {
  await onServer(async (server) => {
    await using target = new Target(greet);
    await using client = await RawClient.connect({ server }, TOKEN, {});
    for (let round = 0; round < 20; round++) {
      const got = await exchange(client, target.port);
      const types = got.map(({ type }) => type);
      assertEquals(types[0], "connectResponse");
      assertEquals(types.filter((type) => type === types[0]).length, 1);
      const data = got.find((one) => one.type === "data");
      assertEquals(data?.type === "data" && data.payload, HELLO);
    }
  });
});

Deno.test("[40] a server's fast open changes nothing on the wire", async () => {
  const exchanges: unknown[][] = [];
  for (const optimistic of [false, true]) {
    await onServer(async (server) => {
      await using target = new Target(greet);
      await using client = await RawClient.connect({ server }, TOKEN, {});
      const got = await exchange(client, target.port);
      exchanges.push(got.map((message) => ({ ...message, id: undefined })));
    }, { optimistic });
  }
  assertEquals(exchanges[0], exchanges[1]);
});

Deno.test("[33] messages for no channel are ignored", async () => {
  await onServer(async (server) => {
    await using target = new Target(greet);
    await using client = await RawClient.connect({ server }, TOKEN, {});
    const id = newChannelId();
    client.send({ type: "disconnect", id });
    client.send({ type: "connectResponse", ok: true, id });
    client.send({ type: "connectResponse", ok: false, id, error: "no" });
    client.send({
      type: "data",
      protocol: "tcp",
      id,
      compression: 0,
      payload: HELLO,
    });
    const got = await exchange(client, target.port);
    assertEquals(got[0]?.type, "connectResponse");
    // And for one that has ended.
    const last = got[0] as Extract<Message, { type: "connectResponse" }>;
    client.send({ type: "disconnect", id: last.id });
    assertEquals((await exchange(client, target.port)).length, got.length);
  });
});

/** A frame as RFC 6455, section 5.2, says, masked with zeros. */
function frame(opcode: number, fin: boolean, payload: Uint8Array): Uint8Array {
  const long = payload.length > 125;
  const bytes = new Uint8Array((long ? 8 : 6) + payload.length);
  bytes[0] = (fin ? 0x80 : 0) | opcode;
  bytes[1] = 0x80 | (long ? 126 : payload.length);
  if (long) new DataView(bytes.buffer).setUint16(2, payload.length);
  bytes.set(payload, bytes.length - payload.length);
  return bytes;
}

Deno.test("[14] [15] fragments of 4,096 bytes with pings in between are one message", async () => {
  await onServer(async ({ addr }) => {
    const got = Promise.withResolvers<Uint8Array>();
    const sent = crypto.getRandomValues(new Uint8Array(50_000));
    await using target = new Target(async (conn) => {
      got.resolve(await readExactly(conn, sent.length));
    });
    const conn = await Deno.connect({ hostname: LOCAL, port: addr.port });
    const lines = [
      `GET /socket?token=${await hashToken(TOKEN)} HTTP/1.1`,
      "Host: x",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    await writeAll(
      conn,
      new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`),
    );
    const id = newChannelId();
    const { port } = target;
    const connect = encodeMessage({
      type: "connect",
      protocol: "tcp",
      id,
      host: LOCAL,
      port,
    });
    await writeAll(conn, frame(2, true, connect));
    const data = encodeMessage({
      type: "data",
      protocol: "tcp",
      id,
      compression: 0,
      payload: sent,
    });
    let pings = 0;
    for (let at = 0; at < data.length; at += 4096) {
      const part = data.subarray(at, at + 4096);
      const last = at + 4096 >= data.length;
      await writeAll(conn, frame(at === 0 ? 2 : 0, last, part));
      if (!last) await writeAll(conn, frame(9, true, Uint8Array.of(pings++)));
    }
    assertEquals(await within(got.promise), sent);
    // Each ping has its pong: 8a 01 and the byte.
    const seen: number[] = [];
    const buffer = new Uint8Array(65_536);
    while (!includesPong(seen, pings - 1)) {
      const count = await within(conn.read(buffer));
      assert(count !== null);
      seen.push(...buffer.subarray(0, count));
    }
    close(conn);
  });
});

function includesPong(bytes: readonly number[], payload: number): boolean {
  return bytes.some((byte, at) =>
    byte === 0x8a && bytes[at + 1] === 1 && bytes[at + 2] === payload
  );
}

/** A server that lets everybody in, and then says nothing. */
function silentServer(): {
  port: number;
  messages: Message[];
  shutdown(): Promise<void>;
} {
  const messages: Message[] = [];
  const server = Deno.serve(
    { hostname: LOCAL, port: 0, onListen: () => {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => {
        socket.send(encodeMessage({ type: "authResponse", ok: true }));
      };
      socket.onmessage = ({ data }) => {
        messages.push(decodeMessage(new Uint8Array(data)));
      };
      return response;
    },
  );
  const { port } = server.addr;
  return { port, messages, shutdown: () => server.shutdown() };
}

Deno.test("[24] [38] without a server the reply is 3 after 10 s, without an answer 4 after 15 s", async () => {
  using _fast = fastClock();
  const silent = silentServer();
  const free = Deno.listen({ hostname: LOCAL, port: 0 });
  const nobody = free.addr.port;
  free.close();
  const base = { token: TOKEN, socksPort: 0, gracePeriodMs: 0 };
  const lost = await startClient({
    ...base,
    url: `ws://${LOCAL}:${nobody}`,
    noWait: true,
  });
  const waiting = await startClient({
    ...base,
    url: `ws://${LOCAL}:${silent.port}`,
  });
  try {
    await within(waiting.ready);
    const [without, unanswered] = await within(
      Promise.all([
        askFor(lost.addr!.port, LOCAL, 80),
        askFor(waiting.addr!.port, LOCAL, 80),
      ]),
      20_000,
    );
    assertEquals(without.reply, 3);
    assertEquals(unanswered.reply, 4);
    without.conn.close();
    unanswered.conn.close();
    // It leaves together with the reply, on another way.
    await until(() =>
      silent.messages.some(({ type }) => type === "disconnect")
    );
    const connect = silent.messages.find(({ type }) => type === "connect");
    const end = silent.messages.find(({ type }) => type === "disconnect");
    assert(connect?.type === "connect" && end?.type === "disconnect");
    assertEquals(channelKey(end.id), channelKey(connect.id));
  } finally {
    await within(lost.close());
    await within(waiting.close());
    await within(silent.shutdown());
  }
});
