/** RFC 1928: version 5, one method, which is "no authentication". */
const GREETING = [5, 1, 0];
/** CONNECT to 127.0.0.1. */
const REQUEST = [5, 1, 0, 1, 127, 0, 0, 1];
const REPLIES_BYTES = 12;
const REPLY_AT = 3;

/** Sends all of it. */
export async function writeAll(
  conn: Deno.Conn,
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}

/** Reads exactly so many bytes; throws if there are fewer. */
export async function readExactly(
  conn: Deno.Conn,
  count: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const got = await conn.read(bytes.subarray(at));
    if (got === null) throw new Error(`the end after ${at} of ${count} bytes`);
    at += got;
  }
  return bytes;
}

/** Reads to the end; tells how many bytes there were. */
export async function readToEnd(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(65_536);
  let total = 0;
  for (;;) {
    const count = await conn.read(buffer);
    if (count === null) return total;
    total += count;
  }
}

/** The greeting and the request for a port of 127.0.0.1 in one piece. */
export function handshakeFor(port: number): Uint8Array {
  return new Uint8Array([...GREETING, ...REQUEST, port >> 8, port & 255]);
}

/** A conn through the SOCKS port to a port of 127.0.0.1. */
export async function reach(
  socksPort: number,
  port: number,
): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: socksPort });
  try {
    conn.setNoDelay(true);
    await writeAll(conn, handshakeFor(port));
    const reply = (await readExactly(conn, REPLIES_BYTES))[REPLY_AT];
    if (reply !== 0) throw new Error(`SOCKS reply ${reply}`);
    return conn;
  } catch (error) {
    close(conn);
    throw error;
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

/** All conns of a listener until it is closed. */
export async function* acceptAll(
  listener: Deno.TcpListener,
): AsyncGenerator<Deno.TcpConn> {
  for (;;) {
    try {
      yield await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      // A conn that was reset before it was accepted.
      if (!(error instanceof Deno.errors.NotConnected)) throw error;
    }
  }
}

/** A target on a free port; each conn is given to `serve`, which owns it. */
export class Target implements AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  /** Serves from now on. */
  constructor(serve: (conn: Deno.TcpConn) => Promise<void>) {
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept(serve);
  }

  async #accept(serve: (conn: Deno.TcpConn) => Promise<void>): Promise<void> {
    for await (const conn of acceptAll(this.#listener)) {
      this.#conns.add(conn);
      // An app that goes away in the middle is what some loads are about.
      serve(conn).catch(() => {}).finally(() => {
        this.#conns.delete(conn);
        close(conn);
      });
    }
  }

  /** How many conns it has. */
  get open(): number {
    return this.#conns.size;
  }

  /** Closes the listener and all conns. */
  async [Symbol.asyncDispose](): Promise<void> {
    close(this.#listener);
    for (const conn of this.#conns) close(conn);
    await this.#accepting;
  }
}

/** Rejects with `what` when `promise` takes longer than `ms`. */
export async function within<T>(
  promise: Promise<T>,
  ms: number,
  what: string,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`${what}: not within ${ms} ms`)),
    ms,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
