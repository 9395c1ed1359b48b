import { EMPTY } from "../base/empty.ts";
import type { TunnelError } from "../base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  FAILED,
  type SocketAddress,
} from "../net/conn.ts";
import type { FastOpenOutcome } from "../net/fast_open.ts";
import { FrameBoundary } from "./frame_boundary.ts";

/** RFC 6455, section 5.5.3: a pong without payload; a client masks it. */
const PONG = new Uint8Array([0x8a, 0x80, 0, 0, 0, 0]);

/**
 * The conn below a client's WebSocket, with unsolicited pongs inserted between
 * its frames: the built-in WebSocket cannot send them, and some old servers
 * drop a provider that sends none.
 */
export class PongConn implements Conn {
  readonly #conn: Conn;
  readonly #boundary: FrameBoundary;
  /** A pong waits for the end of a frame. */
  #wanted = false;
  /** What of a pong was not taken yet. */
  #rest: Uint8Array = EMPTY;

  /**
   * Takes over `conn`.
   *
   * @param skipBytes What is written before the first frame: the rest of the HTTP
   *   request
   */
  constructor(conn: Conn, skipBytes: number) {
    this.#conn = conn;
    this.#boundary = new FrameBoundary(skipBytes);
  }

  get local(): SocketAddress {
    return this.#conn.local;
  }

  get remote(): SocketAddress {
    return this.#conn.remote;
  }

  get fastOpen(): FastOpenOutcome {
    return this.#conn.fastOpen;
  }

  get error(): TunnelError | undefined {
    return this.#conn.error;
  }

  get handler(): ConnHandler {
    return this.#conn.handler;
  }

  set handler(handler: ConnHandler) {
    this.#conn.handler = {
      readable: () => handler.readable(),
      writable: () => {
        this.#flush();
        handler.writable();
      },
      failed: (error) => handler.failed(error),
    };
  }

  /** Sends a pong as soon as a frame is over. */
  pong(): void {
    this.#wanted = true;
    this.#flush();
  }

  read(into: Uint8Array): number {
    return this.#conn.read(into);
  }

  write(bytes: Uint8Array): number {
    if (!this.#flush()) return this.#conn.error ? FAILED : 0;
    if (!this.#wanted) return this.#pass(bytes);
    // Up to the end of the frame, the pong, and the rest.
    const end = this.#boundary.next(bytes);
    if (end === undefined) return this.#pass(bytes);
    const count = this.#pass(bytes.subarray(0, end));
    if (count < end || !this.#flush() || end === bytes.length) return count;
    const more = this.#pass(bytes.subarray(end));
    return more === FAILED ? FAILED : end + more;
  }

  closeWrite(): void {
    this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }

  reset(): void {
    this.#conn.reset();
  }

  #pass(bytes: Uint8Array): number {
    const count = this.#conn.write(bytes);
    if (count > 0) this.#boundary.passed(bytes.subarray(0, count));
    return count;
  }

  /** Whether nothing of a pong is left to send. */
  #flush(): boolean {
    if (this.#rest.length === 0) {
      if (!this.#wanted || !this.#boundary.isBetween) return true;
      this.#wanted = false;
      this.#rest = PONG;
    }
    const count = this.#conn.write(this.#rest);
    if (count > 0) this.#rest = this.#rest.subarray(count);
    return this.#rest.length === 0;
  }
}
