import { TunnelError } from "../base/errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import { HalfClose } from "./half_close.ts";
import {
  type Channel,
  type ChannelOwner,
  type Opened,
  PULL_END,
} from "../session/channel.ts";

/** Events of one end of a join. */
export interface JoinEndEvents {
  /** The bytes that came with the peer's request are here. */
  started?(): void;
  /** CONNECT_RESPONSE came. */
  opened?(response: Opened): void;
  /** Bytes wait. */
  queued?(): void;
  /** Both ends are over. */
  finished(): void;
}

/**
 * One of two joined channels. What comes here waits for the other end to pull it;
 * what is pulled here has waited there.
 */
export class JoinEnd implements ChannelOwner {
  readonly #events: JoinEndEvents;
  readonly #queue = new ByteQueue();
  #other: JoinEnd | undefined;
  #channel: Channel | undefined;
  /** The peer has ended its direction. */
  #receivedEnd = false;
  /** The peer was told of the end of the other's direction. */
  #sentEnd = false;
  /** The channel is gone; its bytes are still delivered. */
  #over = false;
  /** Why, unless it was orderly. */
  #error: TunnelError | undefined;
  readonly #halfClose = new HalfClose(() => {
    const idle = new TunnelError("timeout", "idle after half-close");
    this.leave(idle);
    this.#other!.leave(idle);
  });

  constructor(events: JoinEndEvents) {
    this.#events = events;
  }

  /** Makes two ends one join. */
  static join(one: JoinEnd, two: JoinEnd): void {
    one.#other = two;
    two.#other = one;
  }

  /** The channel, once there is one. */
  get channel(): Channel | undefined {
    return this.#channel;
  }

  /** Whether the channel is gone. */
  get isOver(): boolean {
    return this.#over;
  }

  /**
   * The channel to use from now on.
   *
   * @param sentBytes How many bytes went with the request for it
   */
  setChannel(channel: Channel, sentBytes = 0): void {
    this.#channel = channel;
    if (sentBytes > 0) this.#halfClose.sent();
    if (this.#queue.length > 0) channel.holds(this.#queue.length);
  }

  /** Moves received bytes into `into`; returns the count. */
  take(into: Uint8Array): number {
    const count = this.#queue.take(into);
    if (count > 0) this.#released(count);
    return count;
  }

  /** Called when the other end has bytes, or has ended. */
  wake(): void {
    if (!this.#over) this.#channel?.wake();
  }

  /**
   * Ends the channel, since nobody would take its bytes. A peer that still
   * waits for its first answer is told why.
   */
  leave(error?: TunnelError): void {
    if (!this.#over) {
      this.#over = true;
      this.#drop();
      const channel = this.#channel;
      if (channel?.opener === "peer" && !channel.responded) {
        channel.refuse(error?.message || "closed before it was open");
      } else {
        channel?.disconnect(error?.message);
      }
    }
    this.#finish();
  }

  // --- ChannelOwner ---

  started(): void {
    this.#events.started?.();
  }

  opened(response: Opened): void {
    this.#events.opened?.(response);
  }

  pull(into: Uint8Array): number {
    const other = this.#other!;
    const count = other.take(into);
    if (count > 0) {
      this.#halfClose.sent();
      // What is pulled is sent after this call, and before the end.
      if (other.#over) queueMicrotask(() => other.#settle());
      return count;
    }
    return other.#receivedEnd && !this.#sentEnd ? this.#pullEnd() : 0;
  }

  data(payload: Uint8Array): void {
    if (this.#over || this.#receivedEnd) return;
    this.#halfClose.heard();
    // Nobody is left who would take it.
    if (this.#other!.#over) return this.#channel?.consumed(payload.length);
    this.#queue.push(payload);
    this.#channel?.holds(payload.length);
    // Who holds too much was closed by that.
    if (this.#over) return;
    this.#other!.wake();
    this.#events.queued?.();
  }

  ended(): void {
    this.#receivedEnd = true;
    this.#other!.wake();
  }

  closed(error?: TunnelError): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#other!.#drop();
    if (error?.code === "limit") this.#drop();
    if (error && this.#queue.length > 0) {
      this.#halfClose.deliver(() => {
        this.#drop();
        this.#settle();
      });
    }
    this.#settle();
  }

  // --- the other end ---

  /** Passes on that the channel is gone, once all before it is delivered. */
  #settle(): void {
    if (this.#over && this.#queue.length === 0) this.#other!.leave(this.#error);
  }

  /** The other's direction has ended, and all of it was pulled. */
  #pullEnd(): number {
    const channel = this.#channel!;
    if (this.#halfClose.mayEnd(channel, this.#receivedEnd)) {
      this.#sentEnd = true;
      if (this.#other!.#sentEnd) this.#finish();
      return PULL_END;
    }
    this.#over = true;
    channel.disconnect();
    this.#settle();
    return 0;
  }

  #released(bytes: number): void {
    this.#channel?.holds(-bytes);
    this.#channel?.consumed(bytes);
  }

  #drop(): void {
    const dropped = this.#queue.length;
    this.#queue.clear();
    if (dropped > 0) this.#released(dropped);
  }

  #finish(): void {
    for (const end of [this, this.#other!]) {
      end.#halfClose.stop();
      end.#drop();
      end.#over = true;
    }
    this.#events.finished();
  }
}
