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
 * What a backend can do with sockets that the runtime made, and with those that stand
 * in for them. Where it can do nothing, each call says so in its result.
 */
export interface RuntimeSockets {
  /**
   * Sets options for tunnels on the listener of `Deno.serve` at `address`; what
   * it accepts inherits them.
   *
   * @returns why it could not be done, if system calls could do it
   */
  tuneServeListener(
    address: SocketAddress,
    options: TunnelSocketOptions,
  ): string | undefined;
  /** What the SYN of a conn did that `Deno.serve` accepted. */
  inspectServed(
    remote: SocketAddress,
    localPort: number,
  ): FastOpenOutcome;
  /** Sets options for tunnels on a dialled conn. */
  tuneTunnel(conn: Conn): void;
  /**
   * Gives a socket of the runtime another conn: what the runtime sends and receives
   * there is then sent and received on `conn`.
   *
   * @param near Leads to that socket, which is in this process; all that was read
   *   from it was written to `conn`, and the other way round
   * @returns when it was `done`, both conns are over. If not, nothing has changed;
   *   `busy` while bytes are on their way to or from the socket
   */
  giveConn(near: Conn, conn: Conn): HandedOver;
}
