import type { TunnelErrorCode } from "../base/errors.ts";
import type { SocketAddress } from "./conn.ts";

/** The payload of the largest UDP datagram: RFC 768 over RFC 791. */
export const MAX_DATAGRAM_BYTES = 65_507;

/** What may wait in the kernel for a socket of ours: a burst of a few thousand
 * small datagrams, or of 32 large ones. */
export const RECEIVE_BUFFER_BYTES = 2 * 1024 * 1024;

/** Who uses a socket is told here; never from inside a call of its own. */
export interface DatagramHandler {
  /**
   * A datagram came.
   *
   * @param payload A view that is valid during the call
   * @param from Its sender; IPv4 is dotted on a dual-stack socket too. The same
   *   object may be given again for the same sender
   */
  received(payload: Uint8Array, from: SocketAddress): void;
  /** One datagram was not sent; the socket goes on. May be told within `send`. */
  sendFailed(code: TunnelErrorCode): void;
}

/** A UDP socket. It has one owner, who closes it. */
export interface DatagramSocket {
  /** Where it is bound, with the real port. */
  readonly local: SocketAddress;
  /** Sends one datagram; the bytes may be changed afterwards. */
  send(payload: Uint8Array, to: SocketAddress): void;
  /** Nothing more is received or told. Idempotent. */
  close(): void;
}
