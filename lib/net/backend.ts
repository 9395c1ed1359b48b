import type { TunnelError } from "../base/errors.ts";
import type { Conn, SocketAddress } from "./conn.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";
import type { FastOpenOutcome } from "./fast_open.ts";
import type { RuntimeSockets } from "./runtime_sockets.ts";

/** Accepts conns until it is closed. */
export interface Listener {
  /** Where it listens, with the real port. */
  readonly addr: SocketAddress;
  /** Keeps the program running, as a listener does at first. */
  ref(): void;
  /** Lets the program end while this listens. */
  unref(): void;
  /** Stops accepting; accepted conns live on. */
  close(): void;
}

/** Who accepts. */
export interface ListenHandler {
  /** A new conn; the callee owns it and sets its handler. */
  accepted(conn: Conn): void;
  /**
   * A conn with data in its SYN ends. Its round trip, in microseconds, was
   * unknown when it was accepted. Called from inside `close` or `reset`.
   */
  measured?(rttUs: number): void;
  /** Accepting failed for now, for example because descriptors ran out. */
  acceptFailed(error: TunnelError): void;
}

/** How to listen. */
export interface ListenOptions {
  /** An IP address. */
  host: string;
  /** 0 takes a free port. */
  port: number;
  /** Take data in the SYN (TCP_FASTOPEN on the listener). @default {false} */
  fastOpen?: boolean;
  /** Share the port with other sockets (SO_REUSEPORT). @default {false} */
  reusePort?: boolean;
}

/** How to dial one address. */
export interface DialAddressOptions {
  /** The bytes to send first. */
  first?: Uint8Array;
  /** Put `first` into the SYN if the kernel can. @default {false} */
  fastOpen?: boolean;
  /** Without `fastOpen`: the outcome that the conn reports. @default `off` */
  plain?: FastOpenOutcome;
  /** Gives up when it aborts. */
  signal?: AbortSignal;
  /**
   * Called when a SYN that tried Fast Open led to no conn, with whether it
   * carried data.
   */
  synFailed?: ((carried: boolean) => void) | undefined;
}

/** An outcome of a dial. */
export interface Dialed {
  /** Established. */
  conn: Conn;
  /** How many of the first bytes were sent already. */
  sent: number;
}

/** Makes sockets; only backends know how. */
export interface Backend {
  /** How the user names it. */
  readonly name: "epoll" | "deno";
  /** Operations on the runtime's own sockets. */
  readonly runtime: RuntimeSockets;
  /** Resolves when all sockets of this backend are closed. */
  idle(): Promise<void>;
  /** Listens on TCP. Throws `TunnelError` if the address is not available. */
  listen(options: ListenOptions, handler: ListenHandler): Listener;
  /** Listens on a Unix socket at `path`. */
  listenUnix(path: string, handler: ListenHandler): Listener;
  /** Dials one address. Rejects with `TunnelError`, or the signal's reason. */
  dial(address: SocketAddress, options?: DialAddressOptions): Promise<Dialed>;
  /**
   * Binds a UDP socket; `::` takes IPv4 too, port 0 a free port. Rejects with
   * `TunnelError` if the address is not available.
   */
  bindDatagrams(
    address: SocketAddress,
    handler: DatagramHandler,
  ): Promise<DatagramSocket>;
  /** Runs `task` once at the end of the current turn of the loop. */
  atTurnEnd(task: () => void): void;
}
