import type { SocketAddress } from "../../ffi/mod.ts";
import type { TunnelError } from "../base/errors.ts";
import type { FastOpenOutcome } from "./fast_open.ts";

export type { SocketAddress };

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

/** A handler that ignores everything; what a new conn has. */
export const IGNORE: ConnHandler = {
  readable() {},
  writable() {},
  failed() {},
};
