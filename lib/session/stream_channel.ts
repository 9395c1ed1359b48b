import { channelKey } from "../wire/channel_id.ts";
import type { Channel, ChannelOwner } from "./channel.ts";
import type { ReceiveWindow } from "./receive_window.ts";

/** What a channel needs from its session. */
export interface ChannelSession {
  /** Whether the peer has credit, early data and half-close. */
  readonly v1: boolean;
  /** The channel has bytes to send. */
  wake(channel: StreamChannel): void;
  /** The peer may be told that bytes have left. */
  consumed(channel: StreamChannel, bytes: number): void;
  /** Bytes of the channel wait in this process (or no longer, if negative). */
  holds(channel: StreamChannel, bytes: number): void;
  /** Sends CONNECT_RESPONSE. */
  respond(
    channel: StreamChannel,
    failure: string | undefined,
    flags: number,
  ): void;
  /** Sends DISCONNECT and forgets the channel. */
  disconnect(channel: StreamChannel, reason: string | undefined): void;
}

/**
 * A channel with the state that its session keeps in it. Only this folder knows
 * it: owners see a `Channel`.
 */
export class StreamChannel implements Channel {
  readonly id: Uint8Array;
  readonly opener: "us" | "peer";
  /** The key of the id in the session's map. */
  readonly key: number;
  /** What the peer may send; `undefined` for a peer without credit. */
  readonly window: ReceiveWindow | undefined;
  /** Who stands behind it; set before anything happens to it. */
  owner!: ChannelOwner;
  /** In the session's queue of those that want to send. */
  queued = false;
  /** What may be sent; infinite to a peer without credit. */
  creditBytes = Infinity;
  /** Bytes of the peer that wait in this process. */
  heldBytes = 0;
  responded = false;
  /** Our direction has ended. */
  sentEnd = false;
  /** The peer's direction has ended. */
  receivedEnd = false;
  /** The session has forgotten it. */
  closed = false;
  readonly #session: ChannelSession;

  /** A channel without an owner; `id` is kept, not copied. */
  constructor(
    session: ChannelSession,
    id: Uint8Array,
    opener: "us" | "peer",
    window: ReceiveWindow | undefined,
  ) {
    this.#session = session;
    this.id = id;
    this.key = channelKey(id);
    this.opener = opener;
    this.window = window;
  }

  get v1(): boolean {
    return this.#session.v1;
  }

  wake(): void {
    if (!this.closed && !this.queued && !this.sentEnd) {
      this.#session.wake(this);
    }
  }

  consumed(bytes: number): void {
    if (!this.closed) this.#session.consumed(this, bytes);
  }

  holds(bytes: number): void {
    this.#session.holds(this, bytes);
  }

  accept(flags: number): void {
    if (!this.closed) this.#session.respond(this, undefined, flags);
  }

  refuse(reason: string): void {
    if (!this.closed) this.#session.respond(this, reason, 0);
  }

  disconnect(reason?: string): void {
    if (!this.closed) this.#session.disconnect(this, reason);
  }
}
