import {
  type Backend,
  type Conn,
  type DialAddressOptions,
  END,
  FAILED,
  type SocketAddress,
} from "../../lib/net/conn.ts";

/** More than the origin answers. */
const ANSWER_BYTES = 4096;

/** A conn for an app that waits for what it needs; disposing of it closes it. */
export class AppConn implements Disposable {
  readonly #conn: Conn;
  #changed = Promise.withResolvers<void>();

  /** Takes over a conn. */
  constructor(conn: Conn) {
    this.#conn = conn;
    const changed = () => {
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    };
    conn.handler = { readable: changed, writable() {}, failed: changed };
  }

  /** Dials and sends the first bytes. */
  static async dial(
    backend: Backend,
    address: SocketAddress,
    options: DialAddressOptions & { first: Uint8Array },
  ): Promise<AppConn> {
    const { conn, sent } = await backend.dial(address, options);
    const app = new AppConn(conn);
    if (sent < options.first.length) app.write(options.first.subarray(sent));
    return app;
  }

  /** Sends bytes, which are few enough to fit. */
  write(bytes: Uint8Array): void {
    this.#conn.write(bytes);
  }

  /** Reads `count` bytes and forgets them. */
  async skip(count: number): Promise<void> {
    while (count > 0) count -= await this.#read(new Uint8Array(count));
  }

  /** When the next byte was there, in the time of `performance.now`. */
  async firstByteAt(): Promise<number> {
    // All that is there, as a close with unread bytes would be a reset.
    await this.#read(new Uint8Array(ANSWER_BYTES));
    return performance.now();
  }

  async #read(into: Uint8Array): Promise<number> {
    for (;;) {
      const { promise } = this.#changed;
      const count = this.#conn.read(into);
      if (count === END) throw new Error("the conn ended");
      if (count === FAILED) throw this.#conn.error!;
      if (count > 0) return count;
      await promise;
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
