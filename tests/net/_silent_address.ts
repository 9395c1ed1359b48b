import {
  closeFd,
  listenTcp,
  localAddress,
  packSockaddr,
  type SocketAddress,
  startConnect,
  tcpSocket,
} from "../../ffi/mod.ts";

/** An address of this machine that leaves a SYN without an answer. */
export interface SilentAddress extends Disposable {
  readonly address: SocketAddress;
}

/** A listener whose queue is full: Linux then drops what comes. */
export function silentAddress(): SilentAddress {
  const listener = listenTcp({ host: "127.0.0.1", port: 0 }, { backlog: 0 });
  const address = localAddress(listener)!;
  const fds = [listener];
  for (let i = 0; i < 4; i++) {
    const fd = tcpSocket(address.host);
    fds.push(fd);
    startConnect(fd, packSockaddr(address));
  }
  return { address, [Symbol.dispose]: () => fds.forEach(closeFd) };
}
