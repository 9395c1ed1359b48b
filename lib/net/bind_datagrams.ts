import { TunnelError } from "../base/errors.ts";
import type { Backend } from "./backend.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";
import type { PortRange } from "./port_range.ts";
import { errorOfSystem } from "./system_error.ts";

/**
 * Binds a socket.
 *
 * @param backend Makes the sockets
 * @param host An IP address
 * @param ports Ports to choose from; any free one if absent
 * @param handler Receives the events
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
  // Start anywhere: the first ports of the range are usually taken.
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
