import type { TunnelErrorCode } from "../base/errors.ts";
import type { SocketAddress } from "./conn.ts";

/** The payload of the largest UDP datagram: RFC 768 over RFC 791. */
export const MAX_DATAGRAM_BYTES = 65_507;

/**
 * Kernel buffer of a socket: room for a burst of a few thousand small
 * datagrams, or 32 large ones.
 */
export const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;

/** Events of a socket; never called from inside a call to it. */
export interface DatagramHandler {
  /**
   * A datagram came.
   *
   * @param payload A view that is valid during the call
   * @param from Its sender; IPv4 is dotted on a dual-stack socket too. The same
   *   object may be given again for the same sender
   */
  received(payload: Uint8Array, from: SocketAddress): void;
  /**
   * One datagram was not sent; the socket stays usable. May be called from
   * inside `send`.
   */
  sendFailed(code: TunnelErrorCode): void;
}

/** A UDP socket. It has one owner, who closes it. */
export interface DatagramSocket {
  /** Where it is bound, with the real port. */
  readonly local: SocketAddress;
  /** Sends one datagram; the bytes may be changed afterwards. */
  send(payload: Uint8Array, to: SocketAddress): void;
  /** Closes the socket; no events follow. Idempotent. */
  close(): void;
}
