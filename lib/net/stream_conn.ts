import { TunnelError } from "../base/errors.ts";
import { type Conn, END, FAILED, type SocketAddress } from "./conn.ts";

/** Upper bound on one chunk of `readable`. */
const CHUNK_BYTES = 65_536;

/** A `read` or `write` that waits for the conn. */
interface Waiting<T> {
  /** Tries again; `undefined` if the call still has to wait. */
  attempt(): T | undefined;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/**
 * A conn as Deno programs use one: by `read` and `write`, or by the two streams. It
 * fits where a `Deno.TcpConn` is used for its bytes and addresses, but cannot be given
 * to `Deno.startTls`.
 *
 * One `read` and one `write` may wait at a time. Errors are `TunnelError`.
 */
export class StreamConn implements Disposable {
  /** Our end. */
  readonly localAddr: Deno.NetAddr;
  /** The peer's end. */
  readonly remoteAddr: Deno.NetAddr;
  readonly #conn: Conn;
  #reading: Waiting<number | null> | undefined;
  #writing: Waiting<number> | undefined;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array> | undefined;
  #readEnded = false;
  #writeEnded = false;

  /** Takes over `conn`. */
  constructor(conn: Conn) {
    this.#conn = conn;
    this.localAddr = netAddr(conn.local);
    this.remoteAddr = netAddr(conn.remote);
    conn.handler = {
      readable: () => this.#tryRead(),
      writable: () => this.#tryWrite(),
      failed: () => this.#tryBoth(),
    };
  }

  /**
   * Reads what is there, or waits for bytes.
   *
   * @returns bytes read, or `null` at the end of the stream
   * @throws {TunnelError} `reset`, `timeout` … if the conn broke; `closed` after
   *   `close`; `unavailable` if another read waits
   */
  read(into: Uint8Array): Promise<number | null> {
    if (this.#reading) return Promise.reject(busy("read"));
    if (into.length === 0) return Promise.resolve(0);
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    const attempt = () => {
      const count = this.#conn.read(into);
      if (count === FAILED) throw this.#conn.error;
      return count === END ? null : count || undefined;
    };
    this.#reading = { attempt, resolve, reject };
    this.#tryRead();
    return promise;
  }

  /**
   * Writes what fits, or waits for room.
   *
   * @returns bytes taken, at least one unless there were none
   * @throws {TunnelError} as `read`
   */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#writing) return Promise.reject(busy("write"));
    if (bytes.length === 0) return Promise.resolve(0);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const attempt = () => {
      const count = this.#conn.write(bytes);
      if (count === FAILED) {
        throw this.#conn.error ?? new TunnelError("closed", "write was ended");
      }
      return count || undefined;
    };
    this.#writing = { attempt, resolve, reject };
    this.#tryWrite();
    return promise;
  }

  /** Writes all of it. Throws as `write`. */
  async writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.write(bytes.subarray(at));
    }
  }

  /** Sends the end of our direction; the peer's direction stays open. */
  closeWrite(): Promise<void> {
    this.#conn.closeWrite();
    return Promise.resolve();
  }

  /**
   * Ends both directions; written bytes are still sent. A waiting `read` or
   * `write` rejects. Idempotent.
   */
  close(): void {
    this.#readEnded = this.#writeEnded = true;
    this.#conn.close();
    this.#tryBoth();
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * The peer's direction. When both streams have ended, the conn is closed.
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: CHUNK_BYTES,
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#endRead(),
    });
  }

  /**
   * Our direction. Closing it sends the end, aborting it resets the conn.
   */
  get writable(): WritableStream<Uint8Array> {
    return this.#writable ??= new WritableStream({
      write: (chunk) => this.writeAll(chunk),
      close: () => this.#endWrite(),
      abort: () => this.#reset(),
    });
  }

  async #pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest!;
    const { buffer, byteOffset, byteLength } = request.view!;
    const count = await this.read(
      new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
    );
    if (count === null) {
      controller.close();
      request.respond(0);
      this.#endRead();
    } else {
      request.respond(count);
    }
  }

  #endRead(): void {
    this.#readEnded = true;
    if (this.#writeEnded) this.close();
  }

  #endWrite(): void {
    this.#writeEnded = true;
    this.#conn.closeWrite();
    if (this.#readEnded) this.close();
  }

  #reset(): void {
    this.#readEnded = this.#writeEnded = true;
    this.#conn.reset();
    this.#tryBoth();
  }

  #tryBoth(): void {
    this.#tryRead();
    this.#tryWrite();
  }

  #tryRead(): void {
    if (this.#reading && settle(this.#reading)) this.#reading = undefined;
  }

  #tryWrite(): void {
    if (this.#writing && settle(this.#writing)) this.#writing = undefined;
  }
}

/** Tries a waiting call; returns whether it is settled. */
function settle<T>(waiting: Waiting<T>): boolean {
  try {
    const value = waiting.attempt();
    if (value === undefined) return false;
    waiting.resolve(value);
  } catch (error) {
    waiting.reject(error);
  }
  return true;
}

function busy(what: string): TunnelError {
  return new TunnelError("unavailable", `another ${what} is waiting`);
}

/** A socket address in Deno's form. */
export function netAddr({ host, port }: SocketAddress): Deno.NetAddr {
  return { transport: "tcp", hostname: host, port };
}
