import type { Target } from "../base/address.ts";
import type { TunnelError } from "../base/errors.ts";
import type { ReceiveWindow } from "./receive_window.ts";

/** `ChannelOwner.pull`: the local side has ended its direction. */
export const PULL_END = -1;

/** What CONNECT_RESPONSE said. */
export interface Opened {
  /** Bits, as in `FLAG_TFO_ATTEMPTED`; 0 from a peer without the extension. */
  flags: number;
}

/** Who stands behind a channel: takes what comes, gives what is to be sent. */
export interface ChannelOwner {
  /** The exit has reached the target. For the entry only; at most once. */
  opened(response: Opened): void;
  /**
   * Writes bytes for the peer into `into`.
   *
   * @returns how many; 0 when there are none: `channel.wake` follows when there
   *   are; `PULL_END` at the end of this direction, once
   */
  pull(into: Uint8Array): number;
  /** Bytes from the peer, valid during the call: what waits is copied.
   * `channel.consumed` tells when they have left. */
  data(payload: Uint8Array): void;
  /** The peer has ended its direction. */
  ended(): void;
  /**
   * The channel is over. Without an error it was an orderly end, and what came
   * before is still to be delivered.
   */
  closed(error?: TunnelError): void;
}

/** A channel that the peer wants, before it has an owner. */
export interface IncomingChannel {
  /** The channel, once `accept` has returned. */
  readonly channel: () => Channel;
  /** What to reach. */
  readonly target: Target;
  /** Bytes that came with the request; may be empty. */
  readonly first: Uint8Array;
}

/** What a channel needs from its session. */
export interface ChannelSession {
  /** Whether the peer has credit, early data and half-close. */
  readonly v1: boolean;
  /** The channel has bytes to send. */
  wake(channel: Channel): void;
  /** The peer may be told that bytes have left. */
  consumed(channel: Channel, bytes: number): void;
  /** Bytes of the channel wait in this process (or no longer, if negative). */
  holds(channel: Channel, bytes: number): void;
  /** Sends CONNECT_RESPONSE. */
  respond(channel: Channel, failure: string | undefined, flags: number): void;
  /** Sends DISCONNECT and forgets the channel. */
  disconnect(channel: Channel, reason: string | undefined): void;
}

/** One flow in a session. State that the session and the owner share. */
export class Channel {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** The key of the id in the session's map. */
  readonly key: number;
  /** Which side opened it. */
  readonly opener: "us" | "peer";
  /** Who stands behind it. */
  owner: ChannelOwner;
  /** In the session's queue of those that want to send. */
  queued = false;
  /** What may be sent; infinite to a peer without credit. */
  creditBytes: number;
  /** What the peer may send; `undefined` for a peer without credit. */
  readonly window: ReceiveWindow | undefined;
  /** Bytes of the peer that wait in this process. */
  heldBytes = 0;
  /** CONNECT_RESPONSE was sent or has come. */
  responded = false;
  /** Our direction has ended. */
  sentEnd = false;
  /** The peer's direction has ended. */
  receivedEnd = false;
  /** The session has forgotten it. */
  closed = false;
  readonly #session: ChannelSession;

  /** Made by sessions only. */
  constructor(
    session: ChannelSession,
    id: Uint8Array,
    key: number,
    opener: "us" | "peer",
    owner: ChannelOwner,
    creditBytes: number,
    window: ReceiveWindow | undefined,
  ) {
    this.#session = session;
    this.id = id;
    this.key = key;
    this.opener = opener;
    this.owner = owner;
    this.creditBytes = creditBytes;
    this.window = window;
  }

  /** Whether the peer has credit, early data and half-close. */
  get v1(): boolean {
    return this.#session.v1;
  }

  /** The owner has bytes, or the end of its direction, to send. */
  wake(): void {
    if (!this.closed && !this.queued && !this.sentEnd) {
      this.#session.wake(this);
    }
  }

  /** `bytes` of the peer have left for the local socket. */
  consumed(bytes: number): void {
    if (!this.closed) this.#session.consumed(this, bytes);
  }

  /** `bytes` more (fewer, if negative) of the peer wait in this process,
   * whether the channel still exists or not. */
  holds(bytes: number): void {
    this.#session.holds(this, bytes);
  }

  /** Tells the entry that the target was reached. */
  accept(flags: number): void {
    if (!this.closed) this.#session.respond(this, undefined, flags);
  }

  /** Tells the entry that the target was not reached, and ends the channel. */
  refuse(reason: string): void {
    if (!this.closed) this.#session.respond(this, reason, 0);
  }

  /** Ends both directions; idempotent. Without a reason it is orderly. */
  disconnect(reason?: string): void {
    if (!this.closed) this.#session.disconnect(this, reason);
  }
}
