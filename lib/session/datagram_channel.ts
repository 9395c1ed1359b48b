import type { Target } from "../base/address.ts";
import type { TunnelError } from "../base/errors.ts";

/** The owner of a datagram channel: one UDP association. */
export interface DatagramOwner {
  /** The exit has a socket. For the entry only; at most once. */
  opened(): void;
  /**
   * A datagram came.
   *
   * @param address Toward the exit the destination; toward the entry the
   *   source, an IP address. The peer chose it: the host may be any text, the
   *   port any number
   * @param payload A view that is valid during the call
   */
  datagram(address: Target, payload: Uint8Array): void;
  /**
   * The peer, or the end of the session, has ended the channel: called at most
   * once, nothing follows, and not for what the owner has ended itself.
   */
  closed(error?: TunnelError): void;
}

/** Takes an association that the peer wants; may refuse it at once. */
export type AcceptDatagrams = (channel: DatagramChannel) => DatagramOwner;

/**
 * One UDP association in a session, as its owner sees it. Datagrams have no
 * credit: what the WebSocket cannot take soon is dropped, as a router with a
 * full queue does.
 */
export interface DatagramChannel {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** Which side opened it. */
  readonly opener: "us" | "peer";
  /** Whether CONNECT_RESPONSE was sent or has come. */
  readonly responded: boolean;
  /** Sends one datagram; false if it was dropped. */
  send(address: Target, payload: Uint8Array): boolean;
  /** Tells the entry that there is a socket. */
  accept(): void;
  /** Tells the entry that there is none, and ends the channel. */
  refuse(reason: string): void;
  /** Ends the channel; idempotent. */
  disconnect(reason?: string): void;
}
