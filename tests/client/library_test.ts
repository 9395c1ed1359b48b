import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Client,
  startClient,
  startServer,
  TunnelError,
  type TunnelEvent,
} from "../../mod.ts";
import { onStage, testVariants, TOKEN } from "../e2e/_stage.ts";
import { answerAfterEnd, askFor, close, echo, Target } from "../e2e/_app.ts";
import { within } from "../ffi/within.ts";
import { REVERSE_TOKEN, testMode, until } from "../modes/_modes.ts";

const LOCAL = "127.0.0.1";
const MIB = new Uint8Array(1024 * 1024).map((_, i) => i * 7);

function closedPort(): number {
  using listener = Deno.listen({ hostname: LOCAL, port: 0 });
  return listener.addr.port;
}

testVariants(
  "connect() streams bytes and ends in both directions",
  (variant) =>
    onStage(variant, async ({ client }) => {
      await using target = new Target(answerAfterEnd);
      const { port } = target;
      using conn = await client.connect({
        hostname: LOCAL,
        port,
        data: MIB.subarray(0, 1000),
      });
      assertEquals(conn.remoteAddr.port, port);
      const got = new Response(conn.readable).bytes();
      const writer = conn.writable.getWriter();
      await writer.write(MIB.subarray(1000));
      await writer.close();
      assertEquals(await got, MIB);
    }),
);

testVariants(
  "connect() tells why a target cannot be reached",
  (variant) =>
    onStage(variant, async ({ client }) => {
      const port = closedPort();
      const error = await assertRejects(
        () => client.connect({ hostname: LOCAL, port }),
        TunnelError,
        `${LOCAL}:${port}`,
      );
      assertEquals(error.code, "refused");
      await assertRejects(() => client.connect({ hostname: "", port }));
      await assertRejects(() => client.connect({ hostname: LOCAL, port: 0 }));
      const signal = AbortSignal.abort(new Error("enough"));
      await assertRejects(
        () => client.connect({ hostname: LOCAL, port, signal }),
        Error,
        "enough",
      );
    }),
);

testVariants(
  "connect() of a conn that is closed ends at the target",
  (variant) =>
    onStage(variant, async ({ client, server }) => {
      using target = Deno.listen({ hostname: LOCAL, port: 0 });
      const accepted = target.accept();
      const conn = await client.connect({
        hostname: LOCAL,
        port: target.addr.port,
      });
      using far = await accepted;
      await conn.write(new Uint8Array([1, 2, 3]));
      conn.close();
      assertEquals(
        await new Response(far.readable).bytes(),
        new Uint8Array([1, 2, 3]),
      );
      assertEquals(server.sessionCount, 1);
    }),
);

Deno.test("a client whose login failed closes without an error", async () => {
  await using server = await startServer({
    token: TOKEN,
    hostname: LOCAL,
    port: 0,
  });
  const client = await startClient({
    url: `ws://${LOCAL}:${server.addr.port}`,
    token: "another one",
    socksPort: 0,
  });
  await assertRejects(() => within(client.ready), TunnelError);
  await within(client.close());
  const error = await assertRejects(() => client.closed, TunnelError);
  assertEquals(error.code, "auth");
  await assertRejects(
    () => client.connect({ hostname: LOCAL, port: 80 }),
    TunnelError,
  );
});

Deno.test("a client whose server never answers ends at once", async () => {
  using listener = Deno.listen({ hostname: LOCAL, port: 0 });
  const client = await startClient({
    url: `ws://${LOCAL}:${listener.addr.port}`,
    token: TOKEN,
    socksPort: 0,
  });
  using far = await within(listener.accept());
  client.abort();
  await within(client.closed);
  assertEquals(await within(far.read(new Uint8Array(4096))) !== null, true);
});

Deno.test("a signal ends server and client, and observers hear of it", async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const events: TunnelEvent["type"][] = [];
  const server = await startServer({
    token: TOKEN,
    hostname: LOCAL,
    port: 0,
    signal,
    observer() {
      throw new Error("an observer of no use");
    },
  });
  const client = await startClient({
    url: `ws://${LOCAL}:${server.addr.port}`,
    token: TOKEN,
    socksPort: 0,
    signal,
    observer: ({ type }) => void events.push(type),
  });
  await within(client.ready);
  assert(events.includes("sessionOpened"));
  stop.abort();
  await within(Promise.all([server.closed, client.closed]));
  assertEquals(events.at(-1), "sessionClosed");
  const options = { token: TOKEN, hostname: LOCAL, port: 0, signal };
  await assertRejects(() => startServer(options), DOMException);
  await assertRejects(
    () => startClient({ url: "ws://localhost", token: TOKEN, signal }),
    DOMException,
  );
});

testMode(
  "a provider adds and removes connector tokens while it runs",
  { reverse: { token: REVERSE_TOKEN, autonomy: true } },
  async (modes) => {
    const provider = await modes.provider();
    await assertRejects(
      () => provider.connect({ hostname: LOCAL, port: 80 }),
      TunnelError,
    );
    const token = await provider.addConnector();
    assertEquals(await provider.addConnector("mine"), "mine");
    await using target = new Target(echo);
    const connectors: Client[] = [];
    for (const one of [token, "mine"]) {
      const connector = await modes.client({ token: one, reconnect: false });
      connectors.push(connector);
      const port = connector.addr!.port;
      const { conn, reply } = await askFor(port, LOCAL, target.port);
      assertEquals(reply, 0);
      close(conn);
      await assertRejects(() => connector.addConnector(), TunnelError);
    }
    await provider.removeConnector("mine");
    await within(connectors[1]!.closed.catch(() => {}));
    await until(() => modes.server.sessionCount === 2);
  },
);
