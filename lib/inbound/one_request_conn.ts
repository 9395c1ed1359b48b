import { type Conn, type ConnHandler, END } from "../net/conn.ts";
import { closeGently } from "../net/linger.ts";
import type { HttpBody } from "./http_body.ts";

/** Discards bytes after the request. */
const DISCARD = new Uint8Array(4096);

/**
 * The conn of an app that has sent an HTTP request: reads no further than the
 * end of its body. Anything after it is another request, maybe for another
 * target, and shows as the end of the app's direction: a target that answered
 * and kept the conn open then closes it, and the app asks again on a new one.
 */
export class OneRequestConn implements Conn {
  readonly #conn: Conn;
  readonly #body: HttpBody;
  #overrun: boolean;
  #closed = false;

  /**
   * Takes over `conn`.
   *
   * @param body The rest of the body; bytes read already are accounted for
   * @param overrun Whether more than the body was read already
   */
  constructor(conn: Conn, body: HttpBody, overrun = false) {
    this.#conn = conn;
    this.#body = body;
    this.#overrun = overrun;
  }

  get local(): Conn["local"] {
    return this.#conn.local;
  }

  get remote(): Conn["remote"] {
    return this.#conn.remote;
  }

  get fastOpen(): Conn["fastOpen"] {
    return this.#conn.fastOpen;
  }

  get error(): Conn["error"] {
    return this.#conn.error;
  }

  get handler(): ConnHandler {
    return this.#conn.handler;
  }

  set handler(handler: ConnHandler) {
    // What lingers has an owner of its own.
    if (!this.#closed) this.#conn.handler = handler;
  }

  read(into: Uint8Array): number {
    if (this.#overrun) return END;
    if (this.#body.ended) return this.#readBehind();
    const count = this.#conn.read(into);
    if (count <= 0) return count;
    const taken = this.#body.take(into.subarray(0, count));
    if (taken < count) this.#overrun = true;
    return taken === 0 ? END : taken;
  }

  /** Only to see that the app ends or breaks, or sends too much. */
  #readBehind(): number {
    const count = this.#conn.read(DISCARD);
    if (count <= 0) return count;
    this.#overrun = true;
    return END;
  }

  write(bytes: Uint8Array): number {
    return this.#conn.write(bytes);
  }

  closeWrite(): void {
    this.#conn.closeWrite();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // Unread bytes would make it a reset, and the app might lose the answer.
    if (this.#overrun) closeGently(this.#conn);
    else this.#conn.close();
  }

  reset(): void {
    this.#conn.reset();
  }
}
