import {
  findConnection,
  findListeners,
  handOver,
  IPPROTO_TCP,
  setOption,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
} from "../../ffi/mod.ts";
import type { Conn, SocketAddress } from "./conn.ts";
import { EpollConn } from "./epoll_conn.ts";
import { acceptFastOpen, inspectAccepted } from "./epoll_listener.ts";
import { FAST_OPEN_OFF, type FastOpenOutcome } from "./fast_open.ts";
import type {
  HandedOver,
  RuntimeSockets,
  TunnelSocketOptions,
} from "./runtime_sockets.ts";

/** A dead peer of a tunnel is found after 15 s + 3 * 5 s of silence. */
const KEEPALIVE = { idleS: 15, intervalS: 5, count: 3 };
/** How long sent data may stay unacknowledged. */
const USER_TIMEOUT_MS = 30_000;
/**
 * Unsent bytes that the kernel may hold for a tunnel: a keystroke behind bulk
 * waits for no more than this.
 */
const NOTSENT_LOWAT_BYTES = 262_144;

/** The runtime's sockets, found by their addresses among all descriptors. */
export class EpollRuntimeSockets implements RuntimeSockets {
  tuneServeListener(
    address: SocketAddress,
    options: TunnelSocketOptions,
  ): string | undefined {
    const fds = findListeners(address);
    for (const fd of fds) {
      tune(fd);
      if (options.fastOpen) acceptFastOpen(fd);
    }
    return fds.length > 0
      ? undefined
      : "Deno shows its own sockets only with --allow-all";
  }

  inspectServed(remote: SocketAddress, localPort: number): FastOpenOutcome {
    try {
      const fd = findConnection(remote, localPort);
      return fd === undefined ? FAST_OPEN_OFF : inspectAccepted(fd);
    } catch {
      // Out of descriptors, nothing is found; the conn is fine.
      return FAST_OPEN_OFF;
    }
  }

  tuneTunnel(conn: Conn): void {
    if (conn instanceof EpollConn && conn.fd >= 0) tune(conn.fd);
  }

  giveConn(near: Conn, conn: Conn): HandedOver {
    if (
      !(near instanceof EpollConn && conn instanceof EpollConn) ||
      near.fd < 0 || conn.fd < 0
    ) return "impossible";
    const handed = handOver(near.fd, conn.fd);
    if (handed === "done") {
      near.close();
      conn.release();
    }
    return handed;
  }
}

function tune(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE.idleS);
  setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE.intervalS);
  setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE.count);
  setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
  setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES);
}
