import type { SocketAddress } from "../../ffi/mod.ts";
import type { TunnelError } from "../base/errors.ts";
import type { FastOpenOutcome } from "./fast_open.ts";

export type { SocketAddress };

/** `Conn.read`: the peer sent the end of its direction. */
export const END = -1;
/** `Conn.read` and `Conn.write`: the conn is broken; `Conn.error` says why. */
export const FAILED = -2;

/** Events of a conn; never called from inside a call to the conn. */
export interface ConnHandler {
  /** `read` has something new: bytes, the end, or a failure. */
  readable(): void;
  /** There is room again after a `write` that took less than everything. */
  writable(): void;
  /**
   * The conn broke (a reset, a timeout). Bytes received before can still be
   * read. Called at most once, and not after `close` or `reset`.
   */
  failed(error: TunnelError): void;
}

/**
 * A byte stream in both directions that never blocks: reads return what is
 * there, writes take what fits, and the handler is told when to try again.
 *
 * A conn has one owner, who must end it with `close` or `reset`.
 */
export interface Conn {
  /** Our end. */
  readonly local: SocketAddress;
  /** The peer's end. */
  readonly remote: SocketAddress;
  /** What this conn's SYN carried, and with what result. */
  readonly fastOpen: FastOpenOutcome;
  /** Why `read` or `write` returned `FAILED`. */
  readonly error: TunnelError | undefined;
  /** Receives the events. Call `read` once after setting it. */
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
  /** Ends our direction after everything written. */
  closeWrite(): void;
  /** Ends both directions; written bytes are still sent. */
  close(): void;
  /** Ends both directions now; the peer sees a reset where the platform can. */
  reset(): void;
  /** Keeps the program running, as an open conn does at first. Of a backend's conn. */
  ref?(): void;
  /** Lets the program end while this conn is open. Of a backend's conn. */
  unref?(): void;
}

/** Ignores everything: the handler of a new conn. */
export const IGNORE: ConnHandler = {
  readable() {},
  writable() {},
  failed() {},
};
