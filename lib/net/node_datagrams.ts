import type { Buffer } from "node:buffer";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { unmapIpv4 } from "../../ffi/mod.ts";
import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";
import type { SocketAddress } from "./conn.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";

/** Datagrams that may wait to be sent; more are dropped. */
const MAX_WAITING = 1024;

const CODES: Readonly<Record<string, TunnelErrorCode>> = {
  EADDRINUSE: "unavailable",
  EADDRNOTAVAIL: "unreachable",
  EAFNOSUPPORT: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTUNREACH: "unreachable",
  ECONNREFUSED: "refused",
  EACCES: "denied",
  EPERM: "denied",
  EMSGSIZE: "limit",
  EMFILE: "exhausted",
  ENOBUFS: "exhausted",
};

function codeOf(error: unknown): TunnelErrorCode {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return CODES[String(code)] ?? "failed";
}

/**
 * A UDP socket of `node:dgram`, for platforms without system calls. It cannot
 * set the kernel's buffer and loses bursts that `epoll` takes.
 */
export class NodeDatagrams implements DatagramSocket {
  readonly local: SocketAddress;
  readonly #socket: Socket;
  readonly #handler: DatagramHandler;
  readonly #closed: () => void;
  readonly #ipv6: boolean;
  #over = false;
  /** In order; the first one is being sent. */
  readonly #waiting: { payload: Uint8Array; host: string; port: number }[] = [];

  /** Takes over a socket that is bound; use `bind`. */
  constructor(
    socket: Socket,
    handler: DatagramHandler,
    closed: () => void,
  ) {
    const { address, port, family } = socket.address();
    this.local = { host: address, port };
    this.#socket = socket;
    this.#handler = handler;
    this.#closed = closed;
    this.#ipv6 = family === "IPv6";
    socket.on("message", (payload, info) => this.#received(payload, info));
    // An unhandled `error` event would end the program.
    socket.on("error", () => {});
  }

  /**
   * Binds; `::` takes IPv4 too.
   *
   * @param closed Called when the socket is closed
   * @throws {TunnelError} if the address is not available
   */
  static bind(
    { host, port }: SocketAddress,
    handler: DatagramHandler,
    closed: () => void,
  ): Promise<NodeDatagrams> {
    const { promise, resolve, reject } = Promise.withResolvers<NodeDatagrams>();
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(new TunnelError(codeOf(error), error.message, { cause: error }));
    });
    socket.bind({ port, address: host }, () => {
      socket.removeAllListeners("error");
      // The size of the receive buffer stays: Deno takes it for the array that it
      // makes for each datagram, and does not tell the kernel.
      resolve(new NodeDatagrams(socket, handler, closed));
    });
    return promise;
  }

  send(payload: Uint8Array, { host, port }: SocketAddress): void {
    if (this.#over) return;
    const isIpv6 = host.includes(":");
    if (isIpv6 && !this.#ipv6) return this.#handler.sendFailed("unreachable");
    if (this.#waiting.length >= MAX_WAITING) {
      return this.#handler.sendFailed("exhausted");
    }
    const shown = this.#ipv6 && !isIpv6 ? `::ffff:${host}` : host;
    // It is sent later, and the bytes are the caller's.
    this.#waiting.push({ payload: payload.slice(), host: shown, port });
    if (this.#waiting.length === 1) this.#sendNext();
  }

  /** One at a time: the runtime mixes up those that are sent at once. */
  #sendNext(): void {
    const { payload, host, port } = this.#waiting[0]!;
    this.#socket.send(payload, port, host, (error) => {
      if (this.#over) return;
      this.#waiting.shift();
      if (error) this.#handler.sendFailed(codeOf(error));
      if (this.#waiting.length > 0) this.#sendNext();
    });
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.close(this.#closed);
  }

  #received(payload: Buffer, { address, port }: RemoteInfo): void {
    if (this.#over) return;
    this.#handler.received(payload, { host: unmapIpv4(address), port });
  }
}
