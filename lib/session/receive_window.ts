/** Credit that a session may promise to its peer, over all channels. */
export class WindowBudget {
  readonly #capBytes: number;
  #grantedBytes = 0;

  /** At most `capBytes` are promised at any time. */
  constructor(capBytes: number) {
    this.#capBytes = capBytes;
  }

  /** Bytes that are promised now. */
  get grantedBytes(): number {
    return this.#grantedBytes;
  }

  /**
   * The window of a new channel: generous while there are few channels, small
   * when there are many, so that the sum stays below the cap with thousands.
   */
  open(): number {
    const used = this.#grantedBytes / this.#capBytes;
    const bytes = used < 1 / 4
      ? 262_144
      : used < 1 / 2
      ? 65_536
      : used < 3 / 4
      ? 16_384
      : 4096;
    this.#grantedBytes += bytes;
    return bytes;
  }

  /** Takes `bytes` more for one channel if the rest of the cap allows it. */
  grow(bytes: number): boolean {
    if (this.#grantedBytes + bytes > this.#capBytes * 7 / 8) return false;
    this.#grantedBytes += bytes;
    return true;
  }

  /** Returns the credit of a channel. */
  release(bytes: number): void {
    this.#grantedBytes -= bytes;
  }
}

/** Upper bound on a window. */
const LARGEST_WINDOW_BYTES = 16 * 1024 * 1024;
/**
 * Up to this size a window grows whenever half of it is used within a few round
 * trips or `BUSY_MS`, which keeps both processes busy on a path without delay.
 */
const BUSY_WINDOW_BYTES = 2 * 1024 * 1024;
const BUSY_ROUND_TRIPS = 4;
const BUSY_MS = 50;

/**
 * The receiving side of a channel's credit. Grants consumed bytes again when
 * half of the window is used, and doubles the window while the window, not the
 * path, is the limit.
 */
export class ReceiveWindow {
  readonly #budget: WindowBudget;
  #sizeBytes: number;
  /** What the peer may still send. */
  #creditBytes: number;
  #consumedBytes = 0;
  #grantedAt: number;

  /**
   * A window out of `budget`.
   *
   * @param extraBytes What the peer may send in addition, once
   */
  constructor(budget: WindowBudget, extraBytes: number, now: number) {
    this.#budget = budget;
    this.#sizeBytes = budget.open();
    this.#creditBytes = this.#sizeBytes + extraBytes;
    this.#grantedAt = now;
  }

  /** The window's present size. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Counts received bytes; false if the peer had no credit for them. */
  received(bytes: number): boolean {
    this.#creditBytes -= bytes;
    return this.#creditBytes >= 0;
  }

  /**
   * Counts bytes that left for the local socket.
   *
   * @returns the credit to grant now, or 0 to wait for more
   */
  consumed(bytes: number, now: number, roundTripMs: number): number {
    this.#consumedBytes += bytes;
    if (this.#consumedBytes * 2 < this.#sizeBytes) return 0;
    let grant = this.#consumedBytes;
    this.#consumedBytes = 0;
    const elapsedMs = now - this.#grantedAt;
    this.#grantedAt = now;
    if (
      this.#isTooSmall(elapsedMs, roundTripMs) &&
      this.#budget.grow(this.#sizeBytes)
    ) {
      grant += this.#sizeBytes;
      this.#sizeBytes *= 2;
    }
    this.#creditBytes += grant;
    return grant;
  }

  /**
   * Whether the window, and not the path or the reader, is what limits the sender,
   * when half of it was consumed in `elapsedMs`.
   *
   * Bytes sent and not consumed wait somewhere on the path, in front of all
   * other bytes. So beyond what keeps the processes busy, a window is no larger
   * than what the path holds: rate times round trip, with room to grow.
   */
  #isTooSmall(elapsedMs: number, roundTripMs: number): boolean {
    const size = this.#sizeBytes;
    if (size >= LARGEST_WINDOW_BYTES) return false;
    if (size < BUSY_WINDOW_BYTES) {
      return elapsedMs < Math.max(BUSY_MS, roundTripMs * BUSY_ROUND_TRIPS);
    }
    const rate = size / 2 / elapsedMs;
    // Half of the window may be used up before the grant for it comes back.
    return 2 * rate * roundTripMs > size - BUSY_WINDOW_BYTES / 2;
  }

  /** The channel is over. */
  release(): void {
    this.#budget.release(this.#sizeBytes);
    this.#sizeBytes = 0;
  }
}
