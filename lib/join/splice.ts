import type { TunnelError } from "../base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
  IGNORE,
} from "../net/conn.ts";
import { closeGently } from "../net/linger.ts";
import {
  type Channel,
  type ChannelOwner,
  type Opened,
  PULL_END,
} from "../session/channel.ts";
import { ByteQueue } from "./byte_queue.ts";
import { HalfClose } from "./half_close.ts";

/** Events of a splice. */
export interface SpliceEvents {
  /** The bytes that came with the peer's request are here; for the exit. */
  started?(): void;
  /** Bytes wait because there is no conn yet. */
  queued?(): void;
  /** The conn is readable; its bytes are passed on after this call. */
  news?(): void;
  /** Tells which side sent the first byte. */
  spoke?(first: "conn" | "peer"): void;
  /** CONNECT_RESPONSE came; for the entry. */
  opened?(response: Opened): void;
  /**
   * The channel ended with an error before it was opened. Return true if the
   * conn was handled; otherwise it is reset.
   */
  refused?(error: TunnelError): boolean;
  /** All is over; called once. */
  finished?(error?: TunnelError): void;
}

/**
 * Joins a channel and a conn, in both directions, each at the other's speed:
 * the conn is read when the session may send, and bytes of the channel wait
 * here until the conn takes them; only then their sender gets credit.
 *
 * Call `setChannel` first. The conn may come later: bytes wait in order meanwhile.
 */
export class Splice implements ChannelOwner, ConnHandler {
  readonly #events: SpliceEvents;
  readonly #halfClose = new HalfClose(() =>
    this.abort("idle after half-close")
  );
  #channel!: Channel;
  #conn: Conn | undefined;
  /** Was read from the conn, and is to be pulled before the rest. */
  #unread: Uint8Array | undefined;
  /** Bytes of the peer that the conn has not taken yet. */
  readonly #queue = new ByteQueue();
  /** Whether to report who sends the first byte. */
  #silent: boolean;
  #opened = false;
  /** The conn has ended its direction. */
  #localEnd = false;
  /** The channel has ended its direction, or both. */
  #peerEnd = false;
  /** The conn was reset; bytes received before are still read. */
  #broken = false;
  /** The channel is over; its bytes are still delivered. */
  #over = false;
  /** Why, unless it was orderly. */
  #error: TunnelError | undefined;
  #finished = false;

  constructor(events: SpliceEvents = {}) {
    this.#events = events;
    this.#silent = events.spoke !== undefined;
  }

  /**
   * The channel to use; call it before anything else.
   *
   * @param sentBytes How many bytes went with the request for it
   */
  setChannel(channel: Channel, sentBytes = 0): void {
    this.#channel = channel;
    if (sentBytes > 0) this.#halfClose.sent();
  }

  /**
   * The conn to use from now on; the splice becomes its owner.
   *
   * @param sentBytes How many of the bytes of `peek` were sent already
   */
  attach(conn: Conn, sentBytes = 0): void {
    if (this.#finished) return conn.reset();
    this.#conn = conn;
    conn.handler = this;
    if (sentBytes > 0) this.#delivered(sentBytes);
    this.#flush();
    this.#settle();
    if (!this.#finished) this.#wake();
  }

  /** What waits for a conn, as one piece that stays: the first bytes of a dial. */
  peek(): Uint8Array {
    return this.#queue.peek();
  }

  /** Bytes that were read from the conn already: they are pulled first. */
  unread(bytes: Uint8Array): void {
    this.#unread = bytes;
  }

  /** Ends everything now. */
  abort(reason: string): void {
    if (this.#finished) return;
    this.#leave(reason);
    this.#conn?.reset();
    this.#finish();
  }

  // --- ChannelOwner ---

  started(): void {
    this.#events.started?.();
  }

  opened(response: Opened): void {
    this.#opened = true;
    this.#events.opened?.(response);
  }

  pull(into: Uint8Array): number {
    const conn = this.#conn;
    if (!conn || this.#localEnd) return 0;
    const count = this.#unread
      ? this.#pullUnread(this.#unread, into)
      : conn.read(into);
    if (count > 0) {
      this.#halfClose.sent();
      if (this.#silent) this.#spoke("conn");
      return count;
    }
    if (count === END) return this.#pullEnd();
    if (count === FAILED) this.#connFailed(conn.error);
    return 0;
  }

  #pullUnread(unread: Uint8Array, into: Uint8Array): number {
    const count = Math.min(unread.length, into.length);
    into.set(unread.subarray(0, count));
    this.#unread = count < unread.length ? unread.subarray(count) : undefined;
    return count;
  }

  /** The conn has ended its direction, and all before it was pulled. */
  #pullEnd(): number {
    this.#localEnd = true;
    if (this.#halfClose.mayEnd(this.#channel, this.#peerEnd)) {
      // The session sends the end after this call.
      if (this.#peerEnd) queueMicrotask(() => this.#settle());
      return PULL_END;
    }
    this.#leave();
    this.#peerEnd = true;
    this.#settle();
    return 0;
  }

  data(payload: Uint8Array): void {
    if (this.#finished || this.#peerEnd) return;
    this.#halfClose.heard();
    if (this.#silent) this.#spoke("peer");
    if (this.#broken) return this.#channel.consumed(payload.length);
    let sent = 0;
    if (this.#conn && this.#queue.length === 0) {
      sent = this.#conn.write(payload);
      if (sent === FAILED) return this.#connFailed(this.#conn.error);
      if (sent > 0) this.#channel.consumed(sent);
      if (sent === payload.length) return;
    }
    this.#queue.push(sent > 0 ? payload.subarray(sent) : payload);
    this.#channel.holds(payload.length - sent);
    if (!this.#conn) this.#events.queued?.();
  }

  ended(): void {
    this.#peerEnd = true;
    this.#settle();
  }

  closed(error?: TunnelError): void {
    if (this.#finished) return;
    this.#over = true;
    if (error && !this.#opened && this.#events.refused?.(error)) {
      return this.#finish(error);
    }
    if (error?.code === "closed" || error?.code === "limit" || !this.#conn) {
      // The session is lost, too much waits, or there is nobody to deliver to.
      this.#conn?.reset();
      return this.#finish(error);
    }
    this.#error = error;
    this.#peerEnd = true;
    if (error) this.#halfClose.deliver(() => this.abort("reset"));
    this.#settle();
  }

  // --- ConnHandler ---

  readable(): void {
    this.#events.news?.();
    this.#wake();
  }

  writable(): void {
    this.#flush();
    this.#settle();
  }

  failed(error: TunnelError): void {
    this.#events.news?.();
    // An app that is gone wants nothing more. What a target sent before its reset
    // is still delivered.
    if (this.#over || this.#channel.opener === "us") {
      return this.#connFailed(error);
    }
    this.#broken = true;
    this.#wake();
  }

  // --- the two ends ---

  #spoke(first: "conn" | "peer"): void {
    this.#silent = false;
    this.#events.spoke?.(first);
  }

  #wake(): void {
    if (!this.#over) this.#channel.wake();
  }

  #leave(reason?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#channel.disconnect(reason);
  }

  #connFailed(error: TunnelError | undefined): void {
    if (this.#finished) return;
    this.#leave(error?.message ?? "reset");
    this.#conn?.reset();
    this.#finish(error);
  }

  /** Gives the conn what it takes of what waits. */
  #flush(): void {
    const conn = this.#conn;
    while (conn && this.#queue.length > 0) {
      const piece = this.#queue.front();
      const count = conn.write(piece);
      if (count === FAILED) return this.#connFailed(conn.error);
      if (count > 0) this.#delivered(count);
      if (count < piece.length) return;
    }
  }

  #delivered(bytes: number): void {
    this.#queue.drop(bytes);
    this.#channel.holds(-bytes);
    this.#channel.consumed(bytes);
  }

  /** Passes on the peer's end once all before it is delivered. */
  #settle(): void {
    const conn = this.#conn;
    if (this.#finished || !conn || !this.#peerEnd || this.#queue.length > 0) {
      return;
    }
    if (this.#error) {
      conn.reset();
      this.#finish(this.#error);
    } else if (this.#localEnd) {
      conn.close();
      this.#finish();
    } else if (this.#over) {
      // The app may still be sending, and to close now would reset its conn.
      closeGently(conn);
      this.#conn = undefined;
      this.#finish();
    } else {
      conn.closeWrite();
    }
  }

  #finish(error?: TunnelError): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#halfClose.stop();
    if (this.#queue.length > 0) {
      this.#channel.holds(-this.#queue.length);
      this.#queue.clear();
    }
    if (this.#conn) this.#conn.handler = IGNORE;
    this.#events.finished?.(error);
  }
}
