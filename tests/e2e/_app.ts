const ENCODER = new TextEncoder();

/** RFC 1928: version 5, one method, which is "no authentication". */
export const GREETING: Uint8Array = new Uint8Array([5, 1, 0]);
const METHOD_REPLY_BYTES = 2;
const REPLY_BYTES = 10;

/** A SOCKS5 request by name. */
export function requestFor(
  host: string,
  port: number,
  command = 1,
): Uint8Array {
  const name = ENCODER.encode(host);
  return new Uint8Array([
    ...[5, command, 0, 3, name.length],
    ...name,
    ...[port >> 8, port & 255],
  ]);
}

/** Joins pieces. */
export function join(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

/** Reads to the end. */
export async function readAll(conn: Deno.TcpConn): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of conn.readable) pieces.push(piece);
  return join(...pieces);
}

/** Writes all of it. */
export async function writeAll(
  conn: Deno.TcpConn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

/** Reads exactly so many bytes; throws if there are fewer. */
export async function readExactly(
  conn: Deno.TcpConn,
  count: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await conn.read(bytes.subarray(at));
    if (got === null) throw new Error(`the end after ${at} bytes`);
    at += got;
  }
  return bytes;
}

/** A conn to the SOCKS port, whose Nagle delay is off. */
export async function dialSocks(port: number): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return conn;
}

/** Reads both answers of the server; gives the reply code. */
export async function readReplies(conn: Deno.TcpConn): Promise<number> {
  await readExactly(conn, METHOD_REPLY_BYTES);
  return (await readExactly(conn, REPLY_BYTES))[1]!;
}

/** Asks for a target at the SOCKS port; gives the conn and the reply code. */
export async function askFor(
  socksPort: number,
  host: string,
  port: number,
  command = 1,
): Promise<{ conn: Deno.TcpConn; reply: number }> {
  const conn = await dialSocks(socksPort);
  await writeAll(conn, join(GREETING, requestFor(host, port, command)));
  return { conn, reply: await readReplies(conn) };
}

/** A TCP target on a free port; `close` waits for its conns. */
export class Target {
  /** Where it listens. */
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #serving: Promise<void>[] = [];
  readonly #accepting: Promise<void>;

  /** Serves each conn with `serve`, which closes it. */
  constructor(
    serve: (conn: Deno.TcpConn) => Promise<void>,
    hostname = "127.0.0.1",
  ) {
    this.#listener = Deno.listen({ hostname, port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept(serve);
  }

  async #accept(serve: (conn: Deno.TcpConn) => Promise<void>): Promise<void> {
    for await (const conn of this.#listener) {
      this.#serving.push(
        serve(conn).catch(() => {}).finally(() => close(conn)),
      );
    }
  }

  /** Stops listening and waits for the conns. */
  async [Symbol.asyncDispose](): Promise<void> {
    close(this.#listener);
    await this.#accepting;
    await Promise.all(this.#serving);
  }
}

/** Closes what may be closed already. */
export function close(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Sends back what comes. */
export async function echo(conn: Deno.TcpConn): Promise<void> {
  await conn.readable.pipeTo(conn.writable);
}

/** Reads to the end, and only then sends all of it back. */
export async function answerAfterEnd(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  const pieces: Uint8Array[] = [];
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) break;
    pieces.push(buffer.slice(0, count));
  }
  await writeAll(conn, join(...pieces));
  await conn.closeWrite();
}
