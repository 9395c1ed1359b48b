import { assert, assertEquals } from "@std/assert";
import {
  answerAfterEnd,
  askFor,
  close,
  dialSocks,
  GREETING,
  join,
  readAll,
  readExactly,
  readReplies,
  requestFor,
  Target,
  writeAll,
} from "../e2e/_app.ts";
import { within } from "../ffi/within.ts";

/** Where targets are. */
export const LOCAL = "127.0.0.1";
/** A few bytes. */
export const HELLO: Uint8Array<ArrayBuffer> = new TextEncoder().encode("hello");

const LARGE_BYTES = 3_000_000;
const HASH_BYTES = 32;
const RANDOM_BYTES = 65_536;

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
  }
  return bytes;
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return new Uint8Array(digest);
}

/** The end or a reset: what an app sees of a target that is not there. */
export async function readsNothing(conn: Deno.TcpConn): Promise<boolean> {
  try {
    return await conn.read(new Uint8Array(1)) === null;
  } catch {
    return true;
  }
}

/** A port on which nobody listens. */
export function closedPort(): number {
  using listener = Deno.listen({ hostname: LOCAL, port: 0 });
  return listener.addr.port;
}

/** Much up and much down at the same time, compared by hash. */
export async function transferBothWays(socksPort: number): Promise<void> {
  const up = randomBytes(LARGE_BYTES);
  const down = randomBytes(LARGE_BYTES);
  await using target = new Target(async (conn) => {
    const received = readExactly(conn, LARGE_BYTES);
    await writeAll(conn, down);
    await writeAll(conn, await sha256(await received));
  });
  const { conn, reply } = await askFor(socksPort, LOCAL, target.port);
  assertEquals(reply, 0);
  const sent = writeAll(conn, up);
  const received = await readExactly(conn, LARGE_BYTES);
  await sent;
  assertEquals(await readExactly(conn, HASH_BYTES), await sha256(up));
  assertEquals(await sha256(received), await sha256(down));
  assertEquals((await readAll(conn)).length, 0);
}

/** An app that does not read keeps nobody waiting, and loses nothing. */
export async function slowReader(socksPort: number): Promise<void> {
  const bytes = randomBytes(4 * LARGE_BYTES);
  await using target = new Target((conn) => writeAll(conn, bytes));
  const { conn, reply } = await askFor(socksPort, LOCAL, target.port);
  assertEquals(reply, 0);
  // Meanwhile all that fits on the way has come, and waits.
  await halfClose(socksPort);
  const received = await readAll(conn);
  assertEquals(received.length, bytes.length);
  assertEquals(await sha256(received), await sha256(bytes));
}

/** An app that ends its direction gets its answer all the same. */
export async function halfClose(
  socksPort: number,
  rounds = 10,
): Promise<void> {
  await using target = new Target(answerAfterEnd);
  for (let round = 0; round < rounds; round++) {
    const conn = await dialSocks(socksPort);
    await writeAll(
      conn,
      join(GREETING, requestFor(LOCAL, target.port), HELLO),
    );
    await conn.closeWrite();
    assertEquals(await within(readReplies(conn)), 0, `round ${round}`);
    assertEquals(await within(readAll(conn)), HELLO, `round ${round}`);
  }
}

/** Requests at once, each with its bytes in the same piece: none may be lost. */
export async function requestsAtOnce(
  socksPort: number,
  count = 100,
): Promise<void> {
  await using target = new Target(answerAfterEnd);
  await Promise.all(Array.from({ length: count }, async (_, index) => {
    const body = new TextEncoder().encode(`request ${index}`);
    const conn = await dialSocks(socksPort);
    await writeAll(
      conn,
      join(GREETING, requestFor(LOCAL, target.port), body),
    );
    await conn.closeWrite();
    assertEquals(await readReplies(conn), 0);
    assertEquals(await readAll(conn), body);
  }));
}

/** When apps go, their targets are let go soon. */
export async function appsGo(socksPort: number, apps = 150): Promise<void> {
  let here = 0;
  let gone = 0;
  const all = Promise.withResolvers<void>();
  await using target = new Target(async (conn) => {
    here++;
    await writeAll(conn, HELLO);
    await readsNothing(conn);
    if (++gone === apps) all.resolve();
  });
  const conns = await Promise.all(
    Array.from({ length: apps }, async () => {
      const { conn } = await askFor(socksPort, LOCAL, target.port);
      await readExactly(conn, HELLO.length);
      return conn;
    }),
  );
  for (const conn of conns) close(conn);
  await within(all.promise, 1000);
  assertEquals(here, apps);
}

/** A target that is not there: what the app is told, or sees. */
export async function refusedTarget(
  socksPort: number,
  optimistic: boolean,
): Promise<void> {
  const { conn, reply } = await askFor(socksPort, LOCAL, closedPort());
  assertEquals(reply, optimistic ? 0 : 5);
  assert(await within(readsNothing(conn)));
  close(conn);
}
