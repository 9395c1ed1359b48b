import { setImmediate } from "node:timers";
import {
  closeFd,
  Epoll,
  EPOLLOUT,
  packSockaddr,
  type SocketAddress,
  socketError,
  startConnect,
  startLazyConnect,
  tcpInfo,
  tcpSocket,
} from "../../ffi/mod.ts";
import { abortable } from "../base/abortable.ts";
import { isPaused } from "../net/fast_open.ts";
import { errorOfErrno } from "../net/system_error.ts";

/**
 * Whether the kernel has a cookie for an address. It keeps them by address, so
 * one that it had `before` may come from another port. While it has Fast Open
 * `paused` it neither asks for one nor uses any.
 */
export type Cookie = "before" | "given" | "none" | "paused";

/**
 * Whether a listener gives cookies, without sending it a byte of data: a plain
 * handshake asks for one, and the next connect tells if the kernel has it.
 *
 * @throws {TunnelError} if it cannot be reached
 */
export async function probeCookie(
  address: SocketAddress,
  signal: AbortSignal,
): Promise<Cookie> {
  let paused = false;
  const before = await withSocket(address, async (fd) => {
    const waits = startLazyConnect(fd, packSockaddr(address));
    if (!waits) await connected(fd, signal);
    paused = !waits && isPaused(tcpInfo(fd), 0);
    return waits;
  });
  if (paused) return "paused";
  return await withSocket(address, async (fd) => {
    if (before) {
      // Nothing has been sent so far: see whether anybody is there.
      startConnect(fd, packSockaddr(address));
      await connected(fd, signal);
      return "before";
    }
    return startLazyConnect(fd, packSockaddr(address)) ? "given" : "none";
  });
}

async function withSocket<T>(
  { host }: SocketAddress,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const fd = tcpSocket(host);
  try {
    return await use(fd);
  } finally {
    closeFd(fd);
  }
}

/** Waits until a connect has ended; rejects if it failed. */
async function connected(fd: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Its own loop: this socket has no use for a backend's conn.
  const loop = new Epoll({
    turnEnded() {},
    handlerFailed: reject,
    yieldTurn: (resume) => void setImmediate(resume),
  });
  loop.add(fd, EPOLLOUT, () => {
    const errno = socketError(fd);
    if (errno === 0) resolve();
    else reject(errorOfErrno(errno));
  });
  try {
    await abortable(promise, signal);
  } finally {
    loop.remove(fd);
    await loop.idle();
  }
}
