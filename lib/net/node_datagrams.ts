import type { Buffer } from "node:buffer";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { unmapIpv4 } from "../../ffi/mod.ts";
import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";
import type { SocketAddress } from "./conn.ts";
import {
  type DatagramHandler,
  type DatagramSocket,
  RECEIVE_BUFFER_BYTES,
} from "./datagrams.ts";

/** Datagrams that the runtime may hold for one socket before more are dropped. */
const MAX_SENDING = 256;

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
 * A UDP socket of `node:dgram`, for where there are no system calls: it takes
 * about 0.5 ms to receive a datagram.
 */
export class NodeDatagrams implements DatagramSocket {
  readonly local: SocketAddress;
  readonly #socket: Socket;
  readonly #handler: DatagramHandler;
  readonly #closed: () => void;
  readonly #ipv6: boolean;
  #over = false;
  #sending = 0;

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
    // One that nobody hears would end the program.
    socket.on("error", () => {});
  }

  /**
   * Binds; `::` takes IPv4 too.
   *
   * @param closed Called when the socket is closed
   * @throws {TunnelError} if the address cannot be had
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
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // The system's own size does as well.
      }
      resolve(new NodeDatagrams(socket, handler, closed));
    });
    return promise;
  }

  send(payload: Uint8Array, { host, port }: SocketAddress): void {
    if (this.#over) return;
    const isIpv6 = host.includes(":");
    if (isIpv6 && !this.#ipv6) return this.#handler.sendFailed("unreachable");
    if (this.#sending >= MAX_SENDING) {
      return this.#handler.sendFailed("exhausted");
    }
    const shown = this.#ipv6 && !isIpv6 ? `::ffff:${host}` : host;
    this.#sending++;
    // It is sent later, and the bytes are the caller's.
    this.#socket.send(payload.slice(), port, shown, (error) => {
      this.#sending--;
      if (error && !this.#over) this.#handler.sendFailed(codeOf(error));
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
