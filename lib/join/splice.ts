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

/** What a failed peer has left behind may take so long to be delivered. */
const DELIVER_MS = 5000;
/**
 * An old peer cannot be told that an app has only ended its direction. While an
 * answer is awaited the channel is kept so long after the last byte.
 */
const HALF_CLOSED_IDLE_MS = 60_000;

/** What the owner of a splice may want to know. */
export interface SpliceEvents {
  /** The bytes that came with the peer's request are here; for the exit. */
  started?(): void;
  /** The first byte of all came from the conn, or else from the peer. */
  spoke?(first: "conn" | "peer"): void;
  /** CONNECT_RESPONSE came; for the entry. */
  opened?(response: Opened): void;
  /**
   * The channel ended with an error before it was opened. Return true when the
   * conn has been dealt with; otherwise it is reset.
   */
  refused?(error: TunnelError): boolean;
  /** All is over; called once. */
  finished?(error?: TunnelError): void;
}

/**
 * Joins a channel and a conn, in both directions, each with the other's speed:
 * what the conn gives is read when the session may send it, what the channel
 * gives waits here until the conn takes it, and its sender gets credit only then.
 *
 * The conn may come later than the channel (`attach`), and the channel later than
 * the conn (`channel`): bytes wait in order meanwhile.
 */
export class Splice implements ChannelOwner, ConnHandler {
  /** Called when bytes wait because there is no conn yet. */
  onQueued: (() => void) | undefined;
  /** Called once, before the first thing that the conn has to say is passed on. */
  onNews: (() => void) | undefined;
  readonly #events: SpliceEvents;
  #conn: Conn | undefined;
  #unread: Uint8Array | undefined;
  #channel: Channel | undefined;
  /** Bytes of the peer that the conn has not taken yet, oldest first. */
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #opened = false;
  /** The conn has ended its direction. */
  #localEnd = false;
  /** The channel has ended its direction, or both. */
  #peerEnd = false;
  /** The channel is gone; what is queued is still delivered. */
  #draining = false;
  /** What to do with the conn once all is delivered. */
  #drainError: TunnelError | undefined;
  #finished = false;
  /** The session no longer knows the channel; it still counts what waits here. */
  #detached = false;
  /** The conn was reset; what it had received before is still read. */
  #broken = false;
  /** The app has sent something since the peer last did. */
  #awaitsAnswer = false;
  /** Nobody has sent anything yet, and somebody wants to know who does. */
  #silent: boolean;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;

  /** Joins nothing yet. */
  constructor(events: SpliceEvents = {}) {
    this.#events = events;
    this.#silent = events.spoke !== undefined;
  }

  /** Bytes of the peer that wait for the conn. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** What waits, as one piece: the first bytes of a dial. */
  peekQueue(): Uint8Array {
    if (this.#queue.length === 1) return this.#queue[0]!;
    const all = new Uint8Array(this.#queuedBytes);
    let at = 0;
    for (const piece of this.#queue) {
      all.set(piece, at);
      at += piece.length;
    }
    if (this.#queue.length > 1) this.#queue = [all];
    return all;
  }

  /** The channel to use from now on. */
  setChannel(channel: Channel): void {
    this.#channel = channel;
    if (this.#queuedBytes > 0) channel.holds(this.#queuedBytes);
  }

  /**
   * The conn to use from now on; the splice becomes its owner.
   *
   * @param sentBytes What of the queue has been sent already
   */
  attach(conn: Conn, sentBytes = 0): void {
    if (this.#finished) {
      conn.reset();
      return;
    }
    this.#conn = conn;
    conn.handler = this;
    if (sentBytes > 0) this.#dropQueued(sentBytes);
    this.#flush();
    this.#settle();
    if (!this.#finished) this.#wake();
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
    if (this.#unread) {
      const count = Math.min(this.#unread.length, into.length);
      into.set(this.#unread.subarray(0, count));
      this.#unread = count < this.#unread.length
        ? this.#unread.subarray(count)
        : undefined;
      this.#awaitsAnswer = true;
      return count;
    }
    const count = conn.read(into);
    if (count > 0) {
      this.#awaitsAnswer = true;
      if (this.#silent) this.#spoke("conn");
      return count;
    }
    if (count === END) {
      this.#localEnd = true;
      return this.#onLocalEnd();
    }
    if (count === FAILED) this.#connFailed(conn.error);
    return 0;
  }

  data(payload: Uint8Array): void {
    this.#awaitsAnswer = false;
    if (this.#finished || this.#peerEnd) return;
    if (this.#silent) this.#spoke("peer");
    this.#restartIdle();
    const channel = this.#channel;
    if (this.#broken) return channel?.consumed(payload.length);
    let sent = 0;
    if (this.#conn && this.#queue.length === 0) {
      const count = this.#conn.write(payload);
      if (count === FAILED) return this.#connFailed(this.#conn.error);
      if (count > 0) channel?.consumed(count);
      if (count === payload.length) return;
      sent = count;
    }
    const rest = payload.slice(sent);
    this.#queue.push(rest);
    this.#queuedBytes += rest.length;
    channel?.holds(rest.length);
    if (!this.#conn) this.onQueued?.();
  }

  ended(): void {
    this.#peerEnd = true;
    this.#settle();
  }

  closed(error?: TunnelError): void {
    if (this.#finished) return;
    this.#detached = true;
    if (error && !this.#opened && this.#events.refused?.(error)) {
      return this.#finish(error);
    }
    if (error?.code === "closed" || error?.code === "limit" || !this.#conn) {
      // The session is lost, too much waits, or there is nobody to deliver to.
      this.#conn?.reset();
      return this.#finish(error);
    }
    this.#draining = true;
    this.#drainError = error;
    this.#peerEnd = true;
    if (error) {
      this.#idleTimer ??= setTimeout(() => this.abort("reset"), DELIVER_MS);
    }
    this.#settle();
  }

  // --- ConnHandler ---

  readable(): void {
    this.#tellNews();
    this.#wake();
  }

  writable(): void {
    this.#flush();
    this.#settle();
  }

  failed(error: TunnelError): void {
    this.#tellNews();
    // An app that is gone wants nothing more. What a target sent before its reset
    // is still delivered.
    if (this.#draining || !this.#channel || this.#channel.opener === "us") {
      return this.#connFailed(error);
    }
    this.#broken = true;
    this.#wake();
  }

  // --- the two ends ---

  #tellNews(): void {
    this.onNews?.();
    this.onNews = undefined;
  }

  #spoke(first: "conn" | "peer"): void {
    this.#silent = false;
    this.#events.spoke?.(first);
  }

  #wake(): void {
    if (!this.#detached) this.#channel?.wake();
  }

  #leave(reason?: string): void {
    if (this.#detached) return;
    this.#detached = true;
    this.#channel?.disconnect(reason);
  }

  #onLocalEnd(): number {
    const channel = this.#channel;
    if (!channel || this.#detached) return 0;
    if (channel.v1 || this.#peerEnd) {
      if (this.#peerEnd && this.#queuedBytes === 0) {
        queueMicrotask(() => this.#settle());
      }
      return PULL_END;
    }
    // An old peer knows one end for both directions.
    if (channel.opener === "us" && this.#awaitsAnswer) {
      this.#restartIdle();
      return PULL_END;
    }
    this.#leave();
    this.#draining = true;
    this.#peerEnd = true;
    this.#settle();
    return 0;
  }

  #connFailed(error: TunnelError | undefined): void {
    if (this.#finished) return;
    this.#leave(error?.message ?? "reset");
    this.#conn?.reset();
    this.#finish(error);
  }

  #flush(): void {
    const conn = this.#conn;
    if (!conn) return;
    let left = 0;
    while (this.#queue.length > 0) {
      const piece = this.#queue[0]!;
      const count = conn.write(piece);
      if (count === FAILED) return this.#connFailed(conn.error);
      left += count;
      this.#queuedBytes -= count;
      if (count < piece.length) {
        this.#queue[0] = piece.subarray(count);
        break;
      }
      this.#queue.shift();
    }
    this.#released(left);
  }

  #dropQueued(bytes: number): void {
    let rest = bytes;
    while (rest > 0 && this.#queue.length > 0) {
      const piece = this.#queue[0]!;
      const count = Math.min(rest, piece.length);
      rest -= count;
      this.#queuedBytes -= count;
      if (count < piece.length) this.#queue[0] = piece.subarray(count);
      else this.#queue.shift();
    }
    this.#released(bytes);
  }

  #released(bytes: number): void {
    if (bytes === 0) return;
    this.#channel?.holds(-bytes);
    this.#channel?.consumed(bytes);
  }

  /** Passes on the peer's end once all before it is delivered. */
  #settle(): void {
    const conn = this.#conn;
    if (this.#finished || !conn || !this.#peerEnd || this.#queuedBytes > 0) {
      return;
    }
    if (this.#drainError) {
      conn.reset();
      return this.#finish(this.#drainError);
    }
    if (this.#localEnd) {
      conn.close();
      return this.#finish();
    }
    if (this.#draining) {
      // The app may still be sending, and to close now would reset its conn.
      closeGently(conn);
      this.#conn = undefined;
      return this.#finish();
    }
    conn.closeWrite();
  }

  /** Only for half-closed channels with an old peer. */
  #restartIdle(): void {
    if (!this.#localEnd || this.#channel?.v1 !== false) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(
      () => this.abort("idle after half-close"),
      HALF_CLOSED_IDLE_MS,
    );
  }

  #finish(error?: TunnelError): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#idleTimer);
    if (this.#queuedBytes > 0) this.#channel?.holds(-this.#queuedBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#conn) this.#conn.handler = IGNORE;
    this.#events.finished?.(error);
  }
}
