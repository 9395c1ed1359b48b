import { assert, assertEquals } from "@std/assert";
import { within } from "../ffi/within.ts";
import { HAS_IPV6 } from "../net/_backends.ts";
import {
  answerAfterEnd,
  askFor,
  close,
  dialSocks,
  echo,
  GREETING,
  join,
  readAll,
  readExactly,
  readReplies,
  requestFor,
  Target,
  writeAll,
} from "./_app.ts";
import { onStage, testVariants } from "./_stage.ts";

const HELLO = new TextEncoder().encode("hello");
const LOCAL = "127.0.0.1";

/** A port on which nobody listens. */
function closedPort(): number {
  using listener = Deno.listen({ hostname: LOCAL, port: 0 });
  return listener.addr.port;
}

/** The end or a reset: what an app sees of a target that was not reached. */
async function readsNothing(conn: Deno.TcpConn): Promise<boolean> {
  try {
    return await conn.read(new Uint8Array(1)) === null;
  } catch {
    return true;
  }
}

testVariants(
  "startClient() echoes through the tunnel",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using target = new Target(echo);
      const { conn, reply } = await askFor(socksPort, LOCAL, target.port);
      assertEquals(reply, 0);
      for (let round = 0; round < 20; round++) {
        await writeAll(conn, HELLO);
        assertEquals(await readExactly(conn, HELLO.length), HELLO);
      }
      await conn.closeWrite();
      assertEquals((await readAll(conn)).length, 0);
    }),
);

testVariants(
  "startClient() reaches an IPv6 target",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      if (!HAS_IPV6) return;
      await using target = new Target(echo, "::1");
      const { conn, reply } = await askFor(socksPort, "::1", target.port);
      assertEquals(reply, 0);
      await writeAll(conn, HELLO);
      assertEquals(await readExactly(conn, HELLO.length), HELLO);
      conn.close();
    }),
);

testVariants(
  "[62] startClient() understands a handshake byte by byte",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using target = new Target(echo);
      const conn = await dialSocks(socksPort);
      for (
        const byte of join(GREETING, requestFor(LOCAL, target.port), HELLO)
      ) {
        await conn.write(new Uint8Array([byte]));
      }
      assertEquals(await readReplies(conn), 0);
      assertEquals(await readExactly(conn, HELLO.length), HELLO);
      conn.close();
    }),
);

testVariants(
  "startClient() takes handshake and data in one piece",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using target = new Target(echo);
      const conn = await dialSocks(socksPort);
      await writeAll(
        conn,
        join(GREETING, requestFor(LOCAL, target.port), HELLO),
      );
      assertEquals(await readReplies(conn), 0);
      assertEquals(await readExactly(conn, HELLO.length), HELLO);
      conn.close();
    }),
);

testVariants(
  "[27] startClient() answers a refused dial with 5",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      const { conn, reply } = await askFor(socksPort, LOCAL, closedPort());
      assertEquals(reply, 5);
      assert(await readsNothing(conn));
      conn.close();
    }),
  ({ optimistic }) => !optimistic,
);

testVariants(
  "[39] startClient() ends an app whose dial is refused",
  (variant) =>
    onStage(variant, async ({ socksPort, client, server }) => {
      const { conn, reply } = await askFor(socksPort, LOCAL, closedPort());
      assertEquals(reply, 0);
      assert(await within(readsNothing(conn)));
      conn.close();
      assertEquals(
        client.counters.count("lateFailure", { code: "refused" }),
        1,
      );
      assertEquals(server.counters.count("dialFailed", { code: "refused" }), 1);
    }),
  ({ optimistic }) => optimistic,
);

testVariants(
  "[61] startClient() answers BIND with 7",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      const { conn, reply } = await askFor(socksPort, LOCAL, 80, 2);
      assertEquals(reply, 7);
      conn.close();
    }),
);

testVariants(
  "startClient() carries a half-close, 20 of 20",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using target = new Target(answerAfterEnd);
      for (let round = 0; round < 20; round++) {
        const { conn, reply } = await askFor(socksPort, LOCAL, target.port);
        assertEquals(reply, 0);
        await writeAll(conn, HELLO);
        await conn.closeWrite();
        assertEquals(await within(readAll(conn)), HELLO, `round ${round}`);
      }
    }),
);

testVariants(
  "startClient() carries a half-close at once",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using target = new Target(answerAfterEnd);
      for (let round = 0; round < 20; round++) {
        const conn = await dialSocks(socksPort);
        await writeAll(
          conn,
          join(GREETING, requestFor(LOCAL, target.port), HELLO),
        );
        await conn.closeWrite();
        assertEquals(await within(readReplies(conn)), 0, `round ${round}`);
        assertEquals(await within(readAll(conn)), HELLO, `round ${round}`);
      }
    }),
);

testVariants(
  "[32] startClient() lets targets go when apps have gone",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      const apps = 100;
      let here = 0;
      let gone = 0;
      const all = Promise.withResolvers<void>();
      await using target = new Target(async (conn) => {
        here++;
        await readsNothing(conn);
        if (++gone === apps) all.resolve();
      });
      const conns = await Promise.all(
        Array.from(
          { length: apps },
          () => askFor(socksPort, LOCAL, target.port),
        ),
      );
      for (const { conn } of conns) {
        close(conn);
      }
      await within(all.promise, 2000);
      assertEquals(here, apps);
    }),
);

testVariants(
  "startClient() tells apps that the target is gone",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using target = new Target(async (conn) => {
        await writeAll(conn, HELLO);
      });
      const { conn } = await askFor(socksPort, LOCAL, target.port);
      assertEquals(await within(readAll(conn)), HELLO);
    }),
);
