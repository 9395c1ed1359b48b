import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { SILENT } from "../../lib/base/logger.ts";
import {
  type Logger,
  startClient,
  startServer,
  TunnelError,
} from "../../mod.ts";
import { fastClock } from "../base/fast_clock.ts";
import { within } from "../ffi/within.ts";
import { OldServer } from "../modes/_old_server.ts";
import {
  close,
  dialSocks,
  GREETING,
  join,
  readAll,
  readReplies,
  requestFor,
  writeAll,
} from "./_app.ts";
import { testVariants, TOKEN } from "./_stage.ts";

const LOCAL = "127.0.0.1";

function closedPort(): number {
  using listener = Deno.listen({ hostname: LOCAL, port: 0 });
  return listener.addr.port;
}

/** Asks for a target, gives the reply and after how long it came. */
async function timedAsk(port: number): Promise<[number, number, Deno.TcpConn]> {
  const conn = await dialSocks(port);
  const since = performance.now();
  await writeAll(conn, join(GREETING, requestFor("target", 80)));
  const reply = await readReplies(conn);
  return [reply, performance.now() - since, conn];
}

testVariants("[19] a client with retryAuth tries again", async (variant) => {
  using _fast = fastClock();
  const server = await startServer({
    token: TOKEN,
    hostname: LOCAL,
    port: 0,
    gracePeriodMs: 0,
  });
  const said = Promise.withResolvers<string>();
  const client = await startClient({
    url: `ws://${LOCAL}:${server.addr.port}`,
    token: "a later token",
    logger: { ...SILENT, warn: (text) => said.resolve(text) },
    socksPort: 0,
    retryAuth: true,
    gracePeriodMs: 0,
    ...variant,
  });
  assertStringIncludes(await within(said.promise), "Cannot connect");
  server.tokens.addForward("a later token");
  await within(client.ready, 10_000);
  await client.close();
  await server.close();
}, ({ optimistic }) => !optimistic);

Deno.test("[20] a client says whether it has had the server", async () => {
  const said = Promise.withResolvers<string>();
  const logger: Logger = { ...SILENT, warn: (text) => said.resolve(text) };
  const client = await startClient({
    url: `ws://${LOCAL}:${closedPort()}`,
    token: TOKEN,
    socksPort: 0,
    logger,
  });
  assertStringIncludes(await within(said.promise), "Cannot connect");
  client.ready.catch(() => {});
  await client.close();
});

testVariants("[20] a client with reconnect off ends", async (variant) => {
  const client = await startClient({
    url: `ws://${LOCAL}:${closedPort()}`,
    token: TOKEN,
    socksPort: 0,
    reconnect: false,
    ...variant,
  });
  for (const promise of [client.ready, client.closed]) {
    const error = await within(assertRejects(() => promise, TunnelError));
    assert(error.code !== "auth", error.code);
  }
}, ({ optimistic }) => !optimistic);

testVariants(
  "[39] an optimistic client gives up a server that does not answer for 15 s",
  async (variant) => {
    using _fast = fastClock();
    await using server = new OldServer();
    const client = await startClient({
      url: server.url,
      token: TOKEN,
      socksPort: 0,
      gracePeriodMs: 0,
      ...variant,
    });
    await within(client.ready);
    const since = performance.now();
    const [reply, repliedMs, conn] = await timedAsk(client.addr!.port);
    assertEquals(reply, 0);
    assert(repliedMs < 10_000, `after ${repliedMs} ms`);
    await readAll(conn).catch(() => {});
    const afterMs = performance.now() - since;
    assert(afterMs > 14_500 && afterMs < 60_000, `after ${afterMs} ms`);
    let message = await server.next();
    while (message.type !== "disconnect") message = await server.next();
    close(conn);
    client.abort();
    await client.closed.catch(() => {});
  },
  ({ optimistic }) => optimistic,
);

testVariants(
  "[62] a client drops an app that says nothing",
  async (variant) => {
    using _fast = fastClock();
    await using server = new OldServer();
    const client = await startClient({
      url: server.url,
      token: TOKEN,
      socksPort: 0,
      gracePeriodMs: 0,
      ...variant,
    });
    await within(client.ready);
    const conn = await dialSocks(client.addr!.port);
    await writeAll(conn, GREETING.subarray(0, 1));
    const ended = readAll(conn).catch(() => new Uint8Array());
    assertEquals((await within(ended, 13_000)).length, 0);
    client.abort();
    await client.closed.catch(() => {});
  },
  ({ optimistic }) => !optimistic,
);
