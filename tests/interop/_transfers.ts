import { assertEquals } from "@std/assert";
import { askFor, close, readExactly, Target, writeAll } from "../e2e/_app.ts";

/** Bytes of one large transfer. */
const LARGE_BYTES = 10_000_000;
const SMALL_REQUESTS = 50;
const SMALL_BYTES = 64;
const HASH_BYTES = 32;
/** `crypto.getRandomValues` gives no more at once. */
const RANDOM_BYTES = 65_536;

const KINDS = { download: 1, upload: 2, echo: 3 } as const;

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += RANDOM_BYTES) {
    crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
  }
  return bytes;
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return new Uint8Array(digest);
}

/** Does what the first byte says. */
async function serve(
  conn: Deno.TcpConn,
  large: Uint8Array,
): Promise<void> {
  const [kind] = await readExactly(conn, 1);
  switch (kind) {
    case KINDS.download:
      return await writeAll(conn, large);
    case KINDS.upload:
      return await writeAll(
        conn,
        await sha256(await readExactly(conn, LARGE_BYTES)),
      );
    default:
      return await writeAll(conn, await readExactly(conn, SMALL_BYTES));
  }
}

/** Sends a request through the SOCKS port, and reads so many bytes. */
async function request(
  socksPort: number,
  target: Target,
  { kind, body, answerBytes }: {
    kind: number;
    body: Uint8Array;
    answerBytes: number;
  },
): Promise<Uint8Array> {
  const { conn, reply } = await askFor(socksPort, "127.0.0.1", target.port);
  try {
    assertEquals(reply, 0);
    await writeAll(conn, new Uint8Array([kind]));
    await writeAll(conn, body);
    return await readExactly(conn, answerBytes);
  } finally {
    close(conn);
  }
}

/** Loads much down and up, and then many small things, so many at once. */
export async function transferAll(
  socksPort: number,
  atOnce: number = SMALL_REQUESTS,
): Promise<void> {
  const large = randomBytes(LARGE_BYTES);
  const hash = await sha256(large);
  await using target = new Target((conn) => serve(conn, large));
  const downloaded = await request(socksPort, target, {
    kind: KINDS.download,
    body: new Uint8Array(0),
    answerBytes: LARGE_BYTES,
  });
  assertEquals(await sha256(downloaded), hash);
  const uploaded = await request(socksPort, target, {
    kind: KINDS.upload,
    body: large,
    answerBytes: HASH_BYTES,
  });
  assertEquals(uploaded, hash);
  let left = SMALL_REQUESTS;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      const body = randomBytes(SMALL_BYTES);
      const answer = await request(socksPort, target, {
        kind: KINDS.echo,
        body,
        answerBytes: SMALL_BYTES,
      });
      assertEquals(answer, body);
    }
  }));
}
