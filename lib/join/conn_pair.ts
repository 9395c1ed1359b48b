import { TunnelError } from "../base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
  IGNORE,
  type SocketAddress,
} from "../net/conn.ts";
import { FAST_OPEN_OFF, type FastOpenOutcome } from "../net/fast_open.ts";
import { ByteQueue } from "./byte_queue.ts";

/** What may wait on its way from one end to the other. */
const MAX_WAITING_BYTES = 262_144;

const CLOSED = new TunnelError("closed", "the conn is closed");
const RESET = new TunnelError("reset", "connection reset by peer");
const BROKEN = new TunnelError("reset", "broken pipe");

/** One end of a pair: what is written here is read at the other end. */
class ConnPairEnd implements Conn {
  handler: ConnHandler = IGNORE;
  readonly fastOpen: FastOpenOutcome = FAST_OPEN_OFF;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** What the other end has written and this one has not read. */
  readonly #incoming = new ByteQueue();
  #other: ConnPairEnd | undefined;
  #error: TunnelError | undefined;
  #closed = false;
  /** The other end has ended its direction. */
  #ended = false;
  /** This end has ended its direction. */
  #writeEnded = false;
  /** A `write` of this end took less than all. */
  #awaitsRoom = false;
  #toldReadable = false;

  constructor(local: SocketAddress, remote: SocketAddress) {
    this.local = local;
    this.remote = remote;
  }

  static pair(near: SocketAddress, far: SocketAddress): [Conn, Conn] {
    const one = new ConnPairEnd(near, far);
    const two = new ConnPairEnd(far, near);
    one.#other = two;
    two.#other = one;
    return [one, two];
  }

  get error(): TunnelError | undefined {
    return this.#error;
  }

  read(into: Uint8Array): number {
    if (this.#closed) return FAILED;
    const count = this.#incoming.take(into);
    if (count > 0) {
      this.#other!.#onRoom();
      return count;
    }
    if (this.#error) return FAILED;
    return this.#ended ? END : 0;
  }

  write(bytes: Uint8Array): number {
    if (this.#closed || this.#writeEnded || this.#error) return FAILED;
    const other = this.#other!;
    if (other.#closed) {
      this.#error = BROKEN;
      return FAILED;
    }
    const room = MAX_WAITING_BYTES - other.#incoming.length;
    const taken = Math.min(room, bytes.length);
    if (taken < bytes.length) this.#awaitsRoom = true;
    if (taken > 0) {
      other.#incoming.push(bytes.subarray(0, taken));
      other.#tellReadable();
    }
    return taken;
  }

  closeWrite(): void {
    if (this.#closed || this.#writeEnded) return;
    this.#writeEnded = true;
    this.#other!.#onEnd();
  }

  close(): void {
    if (this.#closed) return;
    this.closeWrite();
    this.#finish();
    // Whoever waits for room learns that there will be none.
    this.#other!.#onRoom();
  }

  reset(): void {
    if (this.#closed) return;
    this.#finish();
    this.#other!.#onReset();
  }

  #finish(): void {
    this.#closed = true;
    this.#error ??= CLOSED;
    this.#incoming.clear();
    this.handler = IGNORE;
  }

  // --- what the other end does ---

  #onEnd(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#tellReadable();
  }

  #onRoom(): void {
    if (!this.#awaitsRoom) return;
    this.#awaitsRoom = false;
    queueMicrotask(() => this.handler.writable());
  }

  #onReset(): void {
    if (this.#closed || this.#error) return;
    this.#error = RESET;
    queueMicrotask(() => this.handler.failed(RESET));
  }

  #tellReadable(): void {
    if (this.#toldReadable) return;
    this.#toldReadable = true;
    queueMicrotask(() => {
      this.#toldReadable = false;
      this.handler.readable();
    });
  }
}

/**
 * Two conns in this process, each the other's peer: a program's own way into the
 * tunnel, where an app would have a socket. Up to 256 KiB wait in each direction.
 *
 * @param near What the first conn says of itself
 * @param far What the second conn says of itself
 */
export function connPair(
  near: SocketAddress,
  far: SocketAddress,
): [Conn, Conn] {
  return ConnPairEnd.pair(near, far);
}
