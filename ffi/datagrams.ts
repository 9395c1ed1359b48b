import {
  AF_INET,
  AF_INET6,
  ERRNO,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  MSG_NOSIGNAL,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOL_SOCKET,
} from "./constants.ts";
import { check, lastErrno, libc, SyscallError } from "./library.ts";
import {
  packSockaddr,
  SOCKADDR_BYTES,
  type SocketAddress,
} from "./sockaddr.ts";
import { closeFd, localAddress, setOption, WOULD_BLOCK } from "./sockets.ts";

const KIND = SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
/** RFC 863; any other would do. */
const DISCARD_PORT = 9;
const addressLength = new Uint32Array(1);

/**
 * A non-blocking UDP socket on an IP address; `::` takes IPv4 too, port 0 a free
 * one.
 *
 * @param at Where to bind
 * @param receiveBytes Size of the kernel's buffer; it may grant less
 */
export function bindUdp(at: SocketAddress, receiveBytes: number): number {
  const packed = packSockaddr(at);
  const family = at.host.includes(":") ? AF_INET6 : AF_INET;
  const fd = check("socket", libc().socket(family, KIND, 0));
  try {
    if (at.host === "::") setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    setOption(fd, SOL_SOCKET, SO_RCVBUF, receiveBytes);
    check("bind", libc().bind(fd, packed, packed.length));
    return fd;
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

/**
 * The address from which this machine would send to a host; nothing is sent.
 *
 * @param host An IP address
 * @returns `undefined` without a route
 */
export function sourceAddress(host: string): string | undefined {
  const family = host.includes(":") ? AF_INET6 : AF_INET;
  const fd = libc().socket(family, KIND, 0);
  // A kernel may do without a family.
  if (fd < 0) return undefined;
  const packed = packSockaddr({ host, port: DISCARD_PORT });
  const routed = libc().connect(fd, packed, packed.length) === 0;
  const source = routed ? localAddress(fd)?.host : undefined;
  closeFd(fd);
  return source;
}

/**
 * Receives one datagram.
 *
 * @param into Where it goes; what does not fit is lost
 * @param from Gets the sender's `struct sockaddr`, `SOCKADDR_BYTES` long
 * @returns its bytes, maybe none, or `WOULD_BLOCK`
 */
export function recvFrom(
  fd: number,
  into: Uint8Array<ArrayBuffer>,
  from: Uint8Array<ArrayBuffer>,
): number {
  for (;;) {
    addressLength[0] = SOCKADDR_BYTES;
    const count = libc().recvfrom(
      fd,
      into,
      into.length,
      0,
      from,
      addressLength,
    );
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno === ERRNO.EAGAIN) return WOULD_BLOCK;
    if (errno !== ERRNO.EINTR) throw new SyscallError("recvfrom", errno);
  }
}

/**
 * Sends one datagram to a packed address.
 *
 * @returns 0, or the errno: a failed datagram is nothing unusual
 */
export function sendTo(
  fd: number,
  bytes: Uint8Array,
  packed: Uint8Array<ArrayBuffer>,
): number {
  for (;;) {
    const count = libc().sendto(
      fd,
      // The FFI takes any view; only its type demands one that is not shared.
      bytes as Uint8Array<ArrayBuffer>,
      bytes.length,
      MSG_NOSIGNAL,
      packed,
      packed.length,
    );
    if (count >= 0) return 0;
    const errno = lastErrno();
    if (errno !== ERRNO.EINTR) return errno;
  }
}
