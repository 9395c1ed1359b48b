import type { HandedOver, SocketAddress } from "../../ffi/mod.ts";
import type { TunnelError } from "../base/errors.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";
import type { FastOpenOutcome } from "./fast_open.ts";

export type { HandedOver, SocketAddress };

/** `Conn.read`: the peer sent the end of its direction. */
export const END = -1;
/** `Conn.read` and `Conn.write`: the conn is broken; `Conn.error` says why. */
export const FAILED = -2;

/** Who uses a conn is told here; never from inside a call of its own. */
export interface ConnHandler {
  /** `read` has something new: bytes, the end, or a failure. */
  readable(): void;
  /** After a `write` that took less than all: there is room again. */
  writable(): void;
  /**
   * The conn broke (a reset, a timeout). What had been received before may still
   * be read. Called at most once, and not after `close` or `reset`.
   */
  failed(error: TunnelError): void;
}

/**
 * A byte stream in both directions that never waits: reads give what is there,
 * writes take what fits, and the handler hears when to try again.
 *
 * A conn has one owner, who must end it with `close` or `reset`.
 */
export interface Conn {
  /** Our end. */
  readonly local: SocketAddress;
  /** The peer's end. */
  readonly remote: SocketAddress;
  /** What the SYN of this conn carried and what became of it. */
  readonly fastOpen: FastOpenOutcome;
  /** Why `read` or `write` gave `FAILED`. */
  readonly error: TunnelError | undefined;
  /** Whom to tell. Call `read` once after setting it. */
  handler: ConnHandler;
  /**
   * Reads what is there.
   *
   * @returns bytes read; 0 when there is nothing now: `readable` follows when
   *   that changes; `END`; `FAILED`
   */
  read(into: Uint8Array): number;
  /**
   * Writes what fits; the bytes may be changed afterwards.
   *
   * @returns bytes taken, and when less than all `writable` follows; `FAILED`
   */
  write(bytes: Uint8Array): number;
  /** Sends the end of our direction behind what was written. */
  closeWrite(): void;
  /** Ends both directions; what was written is still sent. */
  close(): void;
  /** Ends both directions now; the peer sees a reset where the platform can. */
  reset(): void;
  /** Keeps the program running, as an open conn does at first. Of a backend's conn. */
  ref?(): void;
  /** Lets the program end while this conn is open. Of a backend's conn. */
  unref?(): void;
}

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

/** Socket options for a tunnel's own conn. */
export interface TunnelSocketOptions {
  /** Take data in the SYN; for listeners. */
  fastOpen?: boolean;
}

/** The sockets of one system: the only part that knows how they are made. */
export interface Backend {
  /** How the user names it. */
  readonly name: "epoll" | "deno";
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
  /**
   * Sets options for tunnels on the listener of `Deno.serve` at `address`; what
   * it accepts inherits them.
   *
   * @returns why it could not be done, if system calls could do it
   */
  tuneServeListener(
    address: SocketAddress,
    options: TunnelSocketOptions,
  ): string | undefined;
  /** What the SYN of a conn did that `Deno.serve` accepted. */
  inspectServed(
    remote: SocketAddress,
    localPort: number,
  ): FastOpenOutcome;
  /** Sets options for tunnels on a dialled conn. */
  tuneTunnel(conn: Conn): void;
  /**
   * Gives a socket of the runtime another conn: what the runtime sends and receives
   * there is then sent and received on `conn`.
   *
   * @param near Leads to that socket, which is in this process; all that was read
   *   from it was written to `conn`, and the other way round
   * @returns when it was `done`, both conns are over. If not, nothing has changed;
   *   `busy` while bytes are on their way to or from the socket
   */
  handOver(near: Conn, conn: Conn): HandedOver;
}

/** A handler that ignores everything; what a new conn has. */
export const IGNORE: ConnHandler = {
  readable() {},
  writable() {},
  failed() {},
};
