import type { Target } from "../base/address.ts";
import type { TunnelError } from "../base/errors.ts";

/** `ChannelOwner.pull`: the local side has ended its direction. */
export const PULL_END = -1;

/** What CONNECT_RESPONSE said. */
export interface Opened {
  /** Bits, as in `FLAG_TFO_ATTEMPTED`; 0 from a peer without the extension. */
  flags: number;
}

/** The owner of a channel: takes what comes and provides what to send. */
export interface ChannelOwner {
  /**
   * The peer's channel is set up, and the bytes that came with its request have
   * been handed over. For the exit only; once, unless the channel ended before.
   */
  started?(): void;
  /** The exit has reached the target. For the entry only; at most once. */
  opened(response: Opened): void;
  /**
   * Writes bytes for the peer into `into`.
   *
   * @returns how many; 0 when there are none: `channel.wake` follows when there
   *   are; `PULL_END` at the end of this direction, once
   */
  pull(into: Uint8Array): number;
  /**
   * Bytes from the peer, valid during the call; copy what has to wait. Report
   * with `channel.consumed` when they have left.
   */
  data(payload: Uint8Array): void;
  /** The peer has ended its direction. */
  ended(): void;
  /**
   * The channel is over. Without an error the end was orderly, and everything
   * before it must still be delivered.
   */
  closed(error?: TunnelError): void;
}

/**
 * Takes a channel that the peer wants to `target`. May refuse or disconnect it
 * at once; its owner is then called no more. Otherwise the owner gets the bytes
 * that came with the request, and then `started`, before this turn ends.
 */
export type AcceptChannel = (channel: Channel, target: Target) => ChannelOwner;

/** One flow of bytes in a session, as its owner sees it. */
export interface Channel {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** Which side opened it. */
  readonly opener: "us" | "peer";
  /** Whether the peer has credit, early data and half-close. */
  readonly v1: boolean;
  /** Whether CONNECT_RESPONSE was sent or has come. */
  readonly responded: boolean;
  /** The owner has bytes, or the end of its direction, to send. */
  wake(): void;
  /** `bytes` of the peer have left for the local socket. */
  consumed(bytes: number): void;
  /** `bytes` more (fewer, if negative) of the peer wait in this process,
   * whether the channel still exists or not. */
  holds(bytes: number): void;
  /** Tells the entry that the target was reached. */
  accept(flags: number): void;
  /** Tells the entry that the target was not reached, and ends the channel. */
  refuse(reason: string): void;
  /** Ends both directions; idempotent. Without a reason it is orderly. */
  disconnect(reason?: string): void;
}
