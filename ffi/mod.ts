/**
 * System calls for sockets, through the C library. `lib/net` and `lib/doctor`
 * are its only users; nothing here knows of tunnels.
 *
 * @module
 */
export * from "./constants.ts";
export {
  ffiSupport,
  type Lack,
  lackText,
  type OpenLibrary,
  type Support,
  SyscallError,
} from "./library.ts";
export {
  formatIpv6,
  formatUnmapped,
  packSockaddr,
  packUnixPath,
  parseIpv4,
  parseIpv6,
  SOCKADDR_BYTES,
  type SocketAddress,
  unmapIpv4,
  unpackSockaddr,
} from "./sockaddr.ts";
export * from "./sockets.ts";
export * from "./datagrams.ts";
export { type HandedOver, handOver } from "./hand_over.ts";
export { findConnection, findListeners } from "./find_socket.ts";
export {
  decodeTcpInfo,
  type FastOpenFailure,
  type TcpInfo,
  tcpInfo,
} from "./tcp_info.ts";
export { Epoll, type EpollHooks, type EventHandler } from "./epoll.ts";
