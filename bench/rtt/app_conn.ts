import type { Backend, DialAddressOptions } from "../../lib/net/backend.ts";
import {
  type Conn,
  END,
  FAILED,
  type SocketAddress,
} from "../../lib/net/conn.ts";
import type { AskingConn } from "./asking_conn.ts";

/** More than the origin answers. */
const ANSWER_BYTES = 4096;

/** A conn for an app with a client in it; disposing of it closes it. */
export class AppConn implements AskingConn {
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

  write(bytes: Uint8Array): void {
    this.#conn.write(bytes);
  }

  async skip(count: number): Promise<void> {
    while (count > 0) count -= await this.#read(new Uint8Array(count));
  }

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
