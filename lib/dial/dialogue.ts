import { TunnelError } from "../base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
  IGNORE,
} from "../net/conn.ts";

/** Error for a conn that has none of its own. */
const CLOSED = new TunnelError("closed", "the conn is closed");

/**
 * Request and response on a conn, as promises. Reads no byte beyond what was
 * asked for: what the peer sends after its answer stays in the conn for its
 * next owner.
 */
export class Dialogue implements ConnHandler {
  readonly #conn: Conn;
  readonly #signal: AbortSignal | undefined;
  readonly #onChange = () => this.#changed.resolve();
  #changed = Promise.withResolvers<void>();

  /** Takes the events of `conn` until `release`; gives up with `signal`. */
  constructor(conn: Conn, signal: AbortSignal | undefined) {
    this.#conn = conn;
    this.#signal = signal;
    conn.handler = this;
    signal?.addEventListener("abort", this.#onChange, { once: true });
  }

  /** Hands the conn to its next owner. */
  release(): void {
    this.#signal?.removeEventListener("abort", this.#onChange);
    this.#conn.handler = IGNORE;
  }

  /**
   * Reads exactly `count` bytes.
   *
   * @throws {TunnelError} `protocol` if the end comes before them; the conn's own
   *   error; the signal's reason
   */
  async read(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    for (let at = 0; at < count;) {
      const got = await this.#attempt(() =>
        this.#conn.read(bytes.subarray(at))
      );
      if (got === END) {
        throw new TunnelError("protocol", "it ended the connection");
      }
      at += got;
    }
    return bytes;
  }

  /** Writes all of it. Throws the conn's error, or the signal's reason. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#attempt(() => this.#conn.write(bytes.subarray(at)));
    }
  }

  /** Tries once; if nothing was possible, waits for a change and returns 0. */
  async #attempt(act: () => number): Promise<number> {
    this.#signal?.throwIfAborted();
    const count = act();
    if (count === FAILED) throw this.#conn.error ?? CLOSED;
    if (count !== 0) return count;
    this.#changed = Promise.withResolvers();
    await this.#changed.promise;
    return 0;
  }

  readable(): void {
    this.#onChange();
  }

  writable(): void {
    this.#onChange();
  }

  failed(): void {
    this.#onChange();
  }
}
