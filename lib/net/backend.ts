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
   * A conn that has had data in its SYN ends, and its round trip in microseconds was
   * not known when it was accepted. Called from inside `close` or `reset`.
   */
  measured?(rttUs: number): void;
  /** Accepting failed for now, for example for lack of descriptors. */
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
  /** Without `fastOpen`: what the conn says of its SYN. @default `off` */
  plain?: FastOpenOutcome;
  /** Gives up when it aborts. */
  signal?: AbortSignal;
  /** Told when nothing comes of a SYN that has tried Fast Open, and whether it
   * carried data. */
  synFailed?: ((carried: boolean) => void) | undefined;
}

/** An outcome of a dial. */
export interface Dialed {
  /** Established. */
  conn: Conn;
  /** How many of the first bytes are sent already. */
  sent: number;
}

/** The sockets of one system: the only part that knows how they are made. */
export interface Backend {
  /** How the user names it. */
  readonly name: "epoll" | "deno";
  /** What can be done with the runtime's own sockets. */
  readonly runtime: RuntimeSockets;
  /** Resolves when no socket of this backend is open any more. */
  idle(): Promise<void>;
  /** Listens on TCP. Throws `TunnelError` if the address cannot be had. */
  listen(options: ListenOptions, handler: ListenHandler): Listener;
  /** Listens on a Unix socket at `path`. */
  listenUnix(path: string, handler: ListenHandler): Listener;
  /** Dials one address. Rejects with `TunnelError`, or the signal's reason. */
  dial(address: SocketAddress, options?: DialAddressOptions): Promise<Dialed>;
  /**
   * Binds a UDP socket; `::` takes IPv4 too, port 0 a free port. Rejects with
   * `TunnelError` if the address cannot be had.
   */
  bindDatagrams(
    address: SocketAddress,
    handler: DatagramHandler,
  ): Promise<DatagramSocket>;
  /** Runs `task` once when the present turn of the loop is over. */
  atTurnEnd(task: () => void): void;
}
