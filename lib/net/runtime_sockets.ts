import type { HandedOver, SocketAddress } from "../../ffi/mod.ts";
import type { Conn } from "./conn.ts";
import type { FastOpenOutcome } from "./fast_open.ts";

export type { HandedOver };

/** Socket options for tunnels. */
export interface TunnelSocketOptions {
  /** Take data in the SYN; for listeners. */
  fastOpen?: boolean;
}

/**
 * What a backend can do with sockets that the runtime made, and with those that
 * stand in for them. Where nothing is possible, the result of each call says
 * so.
 */
export interface RuntimeSockets {
  /**
   * Sets options for tunnels on the listener of `Deno.serve` at `address`;
   * accepted conns inherit them.
   *
   * @returns why it failed, unless no system call could do it
   */
  tuneServeListener(
    address: SocketAddress,
    options: TunnelSocketOptions,
  ): string | undefined;
  /** What the SYN of a conn accepted by `Deno.serve` did. */
  inspectServed(
    remote: SocketAddress,
    localPort: number,
  ): FastOpenOutcome;
  /** Sets options for tunnels on a dialed conn. */
  tuneTunnel(conn: Conn): void;
  /**
   * Gives a socket of the runtime another conn: what the runtime sends and receives
   * there is then sent and received on `conn`.
   *
   * @param near Leads to that socket, which is in this process; all that was read
   *   from it was written to `conn`, and the other way round
   * @returns `done`: both conns are over. Otherwise nothing has changed: `busy`
   *   while bytes are on their way to or from the socket
   */
  giveConn(near: Conn, conn: Conn): HandedOver;
}
