import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  ERRNO,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  MSG_FASTOPEN,
  MSG_NOSIGNAL,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_FASTOPEN_CONNECT,
} from "./constants.ts";
import { check, lastErrno, libc, SyscallError } from "./library.ts";
import {
  packSockaddr,
  packUnixPath,
  SOCKADDR_BYTES,
  type SocketAddress,
  unpackSockaddr,
} from "./sockaddr.ts";

/** Result of `recv`, `send` and `accept` when they would block. */
export const WOULD_BLOCK = -1;

const STREAM = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
const ON = new Int32Array([1]);
const value = new Int32Array(1);
const valueLength = new Uint32Array(1);
const address = new Uint8Array(SOCKADDR_BYTES);
const addressLength = new Uint32Array(1);

/** A non-blocking TCP socket for the family of `host`. */
export function tcpSocket(host: string): number {
  const family = host.includes(":") ? AF_INET6 : AF_INET;
  return check("socket", libc().socket(family, STREAM, 0));
}

/** Sets an option whose value is an `int`. */
export function setOption(
  fd: number,
  level: number,
  name: number,
  option: number,
): void {
  value[0] = option;
  check(
    `setsockopt(${level}, ${name})`,
    libc().setsockopt(fd, level, name, value, 4),
  );
}

/** Reads an option whose value is an `int`. */
export function getOption(fd: number, level: number, name: number): number {
  valueLength[0] = 4;
  check(
    `getsockopt(${level}, ${name})`,
    libc().getsockopt(fd, level, name, value, valueLength),
  );
  return value[0]!;
}

/** What `listenTcp` may be told. */
export interface ListenTcpOptions {
  /**
   * How many connections may wait for accept.
   *
   * @default {4096}
   */
  backlog?: number;
  /**
   * Several sockets may listen on the same port (SO_REUSEPORT).
   *
   * @default {false}
   */
  reusePort?: boolean;
}

/** A socket that listens on an IP address; port 0 takes a free one. */
export function listenTcp(
  at: SocketAddress,
  options: ListenTcpOptions = {},
): number {
  const { backlog = 4096, reusePort = false } = options;
  const packed = packSockaddr(at);
  const fd = tcpSocket(at.host);
  try {
    check("setsockopt", libc().setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, ON, 4));
    if (reusePort) setOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    // "::" takes IPv4 too, whatever net.ipv6.bindv6only says.
    if (at.host === "::") setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    check("bind", libc().bind(fd, packed, packed.length));
    check("listen", libc().listen(fd, backlog));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** A Unix stream socket that listens at `path`. */
export function listenUnix(path: string, backlog = 16): number {
  const packed = packUnixPath(path);
  const fd = check("socket", libc().socket(AF_UNIX, STREAM, 0));
  try {
    check("bind", libc().bind(fd, packed, packed.length));
    check("listen", libc().listen(fd, backlog));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/** The next waiting connection, non-blocking, or `WOULD_BLOCK`. */
export function accept(fd: number): number {
  for (;;) {
    const result = libc().accept4(
      fd,
      null,
      null,
      SOCK_NONBLOCK | SOCK_CLOEXEC,
    );
    if (result >= 0) return result;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return WOULD_BLOCK;
    // The peer was gone before we came, or a signal: take the next one.
    if (errno !== ERRNO.ECONNABORTED && errno !== ERRNO.EINTR) {
      throw new SyscallError("accept", errno);
    }
  }
}

/** Starts to connect; the outcome is in `socketError` once it is writable. */
export function startConnect(
  fd: number,
  packed: Uint8Array<ArrayBuffer>,
): void {
  if (libc().connect(fd, packed, packed.length) < 0) {
    const errno = lastErrno();
    if (errno !== ERRNO.EINPROGRESS) throw new SyscallError("connect", errno);
  }
}

/**
 * Starts to connect with TCP_FASTOPEN_CONNECT.
 *
 * @returns `true` when the kernel has a cookie of the peer: then it waits for the
 *   first bytes and has sent nothing. `false` when a SYN asks for one.
 */
export function startLazyConnect(
  fd: number,
  packed: Uint8Array<ArrayBuffer>,
): boolean {
  setOption(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
  if (libc().connect(fd, packed, packed.length) >= 0) return true;
  const errno = lastErrno();
  if (errno === ERRNO.EINPROGRESS) return false;
  throw new SyscallError("connect", errno);
}

/**
 * Starts to connect with `first` in the SYN (RFC 7413, `sendto` with
 * MSG_FASTOPEN).
 *
 * @returns how many bytes the kernel took; 0 when it had no cookie: then a plain
 *   SYN asks for one, and the bytes are to be sent once connected
 * @throws {SyscallError} `EOPNOTSUPP` when net.ipv4.tcp_fastopen forbids it
 */
export function startFastOpen(
  fd: number,
  packed: Uint8Array<ArrayBuffer>,
  first: Uint8Array,
): number {
  const sent = libc().sendto(
    fd,
    foreign(first),
    first.length,
    MSG_FASTOPEN | MSG_NOSIGNAL,
    packed,
    packed.length,
  );
  if (sent >= 0) return sent;
  const errno = lastErrno();
  if (errno === ERRNO.EINPROGRESS) return 0;
  throw new SyscallError("sendto(MSG_FASTOPEN)", errno);
}

/** The pending error of a socket (SO_ERROR), which this also clears; 0 is none. */
export function socketError(fd: number): number {
  return getOption(fd, SOL_SOCKET, SO_ERROR);
}

/** The FFI takes any view; only its type demands one that is not shared. */
function foreign(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>;
}

/** Bytes read; 0 at the end of the stream; `WOULD_BLOCK`. */
export function recv(fd: number, into: Uint8Array): number {
  for (;;) {
    const count = libc().recv(fd, foreign(into), into.length, 0);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return WOULD_BLOCK;
    if (errno !== ERRNO.EINTR) throw new SyscallError("recv", errno);
  }
}

/** Bytes written, or `WOULD_BLOCK`. */
export function send(fd: number, bytes: Uint8Array): number {
  for (;;) {
    const count = libc().send(fd, foreign(bytes), bytes.length, MSG_NOSIGNAL);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return WOULD_BLOCK;
    if (errno !== ERRNO.EINTR) throw new SyscallError("send", errno);
  }
}

/** Sends the end of our direction. A peer that is gone is no error here. */
export function shutdownWrite(fd: number): void {
  if (libc().shutdown(fd, SHUT_WR) < 0) {
    const errno = lastErrno();
    if (errno !== ERRNO.ENOTCONN) throw new SyscallError("shutdown", errno);
  }
}

/** Closes a descriptor. On Linux it is closed whatever `close` returns. */
export function closeFd(fd: number): void {
  libc().close(fd);
}

/** struct linger { l_onoff = 1, l_linger = 0 }: close sends a reset. */
const LINGER_RESET = new Int32Array([1, 0]);

/** Closes a TCP socket with a reset: queued data is dropped. */
export function resetFd(fd: number): void {
  libc().setsockopt(fd, SOL_SOCKET, SO_LINGER, LINGER_RESET, 8);
  libc().close(fd);
}

/** The address a socket is bound to; `undefined` if `fd` is no socket. */
export function localAddress(fd: number): SocketAddress | undefined {
  addressLength[0] = SOCKADDR_BYTES;
  return libc().getsockname(fd, address, addressLength) < 0
    ? undefined
    : unpackSockaddr(address);
}

/** The address of a socket's peer; `undefined` if it has none. */
export function remoteAddress(fd: number): SocketAddress | undefined {
  addressLength[0] = SOCKADDR_BYTES;
  return libc().getpeername(fd, address, addressLength) < 0
    ? undefined
    : unpackSockaddr(address);
}
