import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";
import type { Backend, SocketAddress } from "./conn.ts";
import type { PortRange } from "./port_range.ts";
import { errorOfSystem } from "./system_error.ts";

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

/**
 * Binds a socket.
 *
 * @param backend Makes the sockets
 * @param host An IP address
 * @param ports Take one of these; any free one without it
 * @param handler Who is told
 * @throws {TunnelError} `exhausted` if all ports of the range are taken, else what
 *   the system said of the address
 */
export async function bindDatagrams(
  backend: Backend,
  host: string,
  ports: PortRange | undefined,
  handler: DatagramHandler,
): Promise<DatagramSocket> {
  if (!ports) return await backend.bindDatagrams({ host, port: 0 }, handler);
  const count = ports.last - ports.first + 1;
  // Not always from the front: those are the ports that are taken.
  const start = Math.floor(Math.random() * count);
  for (let i = 0; i < count; i++) {
    const port = ports.first + (start + i) % count;
    try {
      return await backend.bindDatagrams({ host, port }, handler);
    } catch (error) {
      const wrong = errorOfSystem(error);
      if (wrong.code !== "unavailable") throw wrong;
    }
  }
  throw new TunnelError(
    "exhausted",
    `no free UDP port from ${ports.first} to ${ports.last} on ${host}`,
  );
}

/**
 * Binds a socket that reaches as much as this machine does: IPv6 and IPv4, or
 * IPv4 alone.
 *
 * @throws {TunnelError} if not even that can be had
 */
export async function bindAnyFamily(
  backend: Backend,
  handler: DatagramHandler,
): Promise<DatagramSocket> {
  try {
    return await backend.bindDatagrams({ host: "::", port: 0 }, handler);
  } catch {
    return await backend.bindDatagrams({ host: "0.0.0.0", port: 0 }, handler);
  }
}
