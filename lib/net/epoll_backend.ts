import {
  accept,
  closeFd,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  ERRNO,
  findConnection,
  findListeners,
  handOver,
  IPPROTO_TCP,
  listenTcp,
  listenUnix,
  localAddress,
  packSockaddr,
  setOption,
  SO_KEEPALIVE,
  socketError,
  SOL_SOCKET,
  startConnect,
  startFastOpen,
  SyscallError,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
  tcpInfo,
  tcpSocket,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import type { Logger } from "../base/logger.ts";
import type {
  Backend,
  Conn,
  DialAddressOptions,
  Dialed,
  HandedOver,
  Listener,
  ListenHandler,
  ListenOptions,
  SocketAddress,
  TunnelSocketOptions,
} from "./conn.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";
import { EpollConn, READ_EVENTS } from "./epoll_conn.ts";
import { EpollDatagrams } from "./epoll_datagrams.ts";
import {
  awaitsRoundTrip,
  FAST_OPEN_OFF,
  type FastOpenOutcome,
  isPaused,
  outcomeOfAccept,
  outcomeOfDial,
} from "./fast_open.ts";
import { LoopView } from "./shared_loop.ts";
import { errorOfErrno, errorOfSystem } from "./system_error.ts";

/** Fast Open requests that may wait at a listener before SYN data is refused. */
const FAST_OPEN_QUEUE = 1024;
/** Conns accepted before others get their turn. */
const ACCEPTS_PER_TURN = 128;
/** Wait before accepting again when descriptors have run out. */
const ACCEPT_RETRY_MS = 100;
/** A dead peer of a tunnel is found after 15 s + 3 * 5 s of silence. */
const KEEPALIVE = { idleS: 15, intervalS: 5, count: 3 };
/** Sent data may stay unacknowledged for so long. */
const USER_TIMEOUT_MS = 30_000;
/** Unsent bytes that the kernel may hold for a tunnel: small bytes behind bulk
 * wait for no more than this. */
const NOTSENT_LOWAT_BYTES = 262_144;

/** Sockets through the system calls of `ffi/` and the shared epoll loop. */
export class EpollBackend implements Backend {
  readonly name = "epoll";
  readonly #loop: LoopView;

  /** Makes the backend; nothing is opened before it is used. */
  constructor(logger: Logger) {
    this.#loop = new LoopView((error) =>
      logger.error("Unexpected error in a handler", { error })
    );
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  atTurnEnd(task: () => void): void {
    this.#loop.atTurnEnd(task);
  }

  listen(options: ListenOptions, handler: ListenHandler): Listener {
    const { fastOpen = false, reusePort = false } = options;
    let fd = -1;
    try {
      fd = listenTcp(options, { reusePort });
      // Inherited by what it accepts.
      setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
      if (fastOpen) trySetFastOpen(fd);
      return this.#accepting(fd, handler, fastOpen);
    } catch (error) {
      if (fd >= 0) closeFd(fd);
      throw errorOfSystem(error);
    }
  }

  listenUnix(path: string, handler: ListenHandler): Listener {
    let fd = -1;
    try {
      fd = listenUnix(path);
      return this.#accepting(fd, handler, false);
    } catch (error) {
      if (fd >= 0) closeFd(fd);
      throw errorOfSystem(error);
    }
  }

  #accepting(fd: number, handler: ListenHandler, fastOpen: boolean): Listener {
    const loop = this.#loop;
    const addr = localAddress(fd)!;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let closed = false;
    function onReadable(): void {
      for (let i = 0; i < ACCEPTS_PER_TURN; i++) {
        let accepted: number;
        try {
          accepted = accept(fd);
        } catch (error) {
          // The edge is gone; ask again when descriptors may be free. A conn
          // that comes meanwhile is an edge too, and may fail as well.
          clearTimeout(retry);
          retry = setTimeout(() => loop.modify(fd, EPOLLIN), ACCEPT_RETRY_MS);
          handler.acceptFailed(errorOfSystem(error));
          return;
        }
        if (accepted === WOULD_BLOCK) return;
        const outcome = fastOpen ? inspect(accepted) : FAST_OPEN_OFF;
        const conn = new EpollConn(loop, accepted, outcome, false);
        if (handler.measured && awaitsRoundTrip(outcome)) {
          conn.beforeEnd = (fd) => {
            const { rttUs } = inspect(fd);
            if (rttUs > 0) handler.measured!(rttUs);
          };
        }
        loop.add(accepted, READ_EVENTS, (events) => conn.onEvents(events));
        handler.accepted(conn);
        if (closed) return;
      }
      // More may wait: the edge comes again in the next turn.
      loop.modify(fd, EPOLLIN);
    }
    loop.add(fd, EPOLLIN, onReadable);
    return {
      addr,
      ref: () => loop.ref(fd),
      unref: () => loop.unref(fd),
      close() {
        if (closed) return;
        closed = true;
        clearTimeout(retry);
        loop.removeClosing(fd);
        closeFd(fd);
      },
    };
  }

  dial(
    address: SocketAddress,
    options: DialAddressOptions = {},
  ): Promise<Dialed> {
    const { promise, resolve, reject } = Promise.withResolvers<Dialed>();
    const { signal } = options;
    if (signal?.aborted) {
      reject(signal.reason);
      return promise;
    }
    const loop = this.#loop;
    let fd = -1;
    let started: Started;
    function giveUp(reason: unknown): void {
      if (started.tried && !isPaused(tcpInfo(fd), started.sent)) {
        options.synFailed?.(started.sent > 0);
      }
      loop.removeClosing(fd);
      closeFd(fd);
      reject(reason);
    }
    function onAbort(): void {
      giveUp(signal!.reason);
    }
    function onConnected(events: number): void {
      signal?.removeEventListener("abort", onAbort);
      if ((events & (EPOLLERR | EPOLLHUP)) !== 0) {
        const errno = socketError(fd);
        if (errno !== 0) return giveUp(errorOfErrno(errno));
      }
      const conn = new EpollConn(loop, fd, started.outcome(fd), true);
      // With TCP Fast Open the answer and its end may be here already.
      conn.onConnected(events);
      loop.rebind(fd, (later) => conn.onEvents(later));
      resolve({ conn, sent: started.sent });
    }
    try {
      fd = tcpSocket(address.host);
      setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
      started = start(fd, address, options);
      loop.add(fd, READ_EVENTS | EPOLLOUT, onConnected);
      signal?.addEventListener("abort", onAbort, { once: true });
    } catch (error) {
      if (fd >= 0) closeFd(fd);
      reject(errorOfSystem(error));
    }
    return promise;
  }

  bindDatagrams(
    address: SocketAddress,
    handler: DatagramHandler,
  ): Promise<DatagramSocket> {
    return Promise.try(() => new EpollDatagrams(this.#loop, address, handler))
      .catch((error) => Promise.reject(errorOfSystem(error)));
  }

  tuneServeListener(
    address: SocketAddress,
    options: TunnelSocketOptions,
  ): string | undefined {
    const fds = findListeners(address);
    for (const fd of fds) {
      tuneTunnelFd(fd);
      if (options.fastOpen) trySetFastOpen(fd);
    }
    return fds.length > 0
      ? undefined
      : "Deno shows its own sockets only with --allow-all";
  }

  inspectServed(remote: SocketAddress, localPort: number): FastOpenOutcome {
    try {
      const fd = findConnection(remote, localPort);
      return fd === undefined ? FAST_OPEN_OFF : inspect(fd);
    } catch {
      // Without a descriptor left nothing is found; the conn lives on all the same.
      return FAST_OPEN_OFF;
    }
  }

  handOver(near: Conn, conn: Conn): HandedOver {
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

  tuneTunnel(conn: Conn): void {
    if (conn instanceof EpollConn && conn.fd >= 0) tuneTunnelFd(conn.fd);
  }
}

interface Started {
  sent: number;
  /** The kernel was asked for Fast Open. */
  tried: boolean;
  outcome(fd: number): FastOpenOutcome;
}

function start(
  fd: number,
  address: SocketAddress,
  { first, fastOpen = false, plain = FAST_OPEN_OFF, synFailed }:
    DialAddressOptions,
): Started {
  const packed = packSockaddr(address);
  if (!fastOpen || first === undefined || first.length === 0) {
    startConnect(fd, packed);
    return { sent: 0, tried: false, outcome: () => plain };
  }
  try {
    const sent = startFastOpen(fd, packed, first);
    const outcome = (fd: number) => outcomeOfDial(tcpInfo(fd), sent);
    return { sent, tried: true, outcome };
  } catch (error) {
    if (!(error instanceof SyscallError) || !refusesFastOpen(error.errno)) {
      // On loopback the answer may be there before the call returns.
      if (errorOfSystem(error).code === "refused") synFailed?.(false);
      throw error;
    }
    startConnect(fd, packed);
    return { sent: 0, tried: false, outcome: outcomeUnsupported };
  }
}

/** EOPNOTSUPP: the sysctl has it off. EPIPE: the kernel does not know the flag
 * and sees a send on a socket that is not connected. */
function refusesFastOpen(errno: number): boolean {
  return errno === ERRNO.EOPNOTSUPP || errno === ERRNO.EPIPE ||
    errno === ERRNO.ENOTCONN;
}

function outcomeUnsupported(): FastOpenOutcome {
  return { result: "unsupported", rttUs: 0 };
}

function inspect(fd: number): FastOpenOutcome {
  try {
    return outcomeOfAccept(tcpInfo(fd));
  } catch {
    // The peer may be gone already; then there is nothing to know.
    return FAST_OPEN_OFF;
  }
}

function trySetFastOpen(fd: number): void {
  try {
    // Whatever the kernel's setting is: it is asked again at each SYN.
    setOption(fd, IPPROTO_TCP, TCP_FASTOPEN, FAST_OPEN_QUEUE);
  } catch {
    // Old kernels and some sandboxes: plain connections still work, and
    // `fastOpenSupport` has told the user.
  }
}

function tuneTunnelFd(fd: number): void {
  setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  setOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE.idleS);
  setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE.intervalS);
  setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE.count);
  setOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
  setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES);
}
