/** How long bytes waiting in the WebSocket may take to leave. */
const TARGET_MS = 5;
const MIN_BYTES = 131_072;
const MAX_BYTES = 1_048_576;
/** Weight of a new measurement. */
const WEIGHT = 0.25;
/** Upper bound on the wait: the rate may change. */
const MAX_WAIT_MS = 5;
/** Lowest assumed rate, in bytes per millisecond, after the path ran dry. */
const MIN_RATE = 16_384;
/** Longer measurements are ignored. */
const MAX_ELAPSED_MS = 100;
/** How fast the limit grows while the path is faster than it. */
const GROWTH = 1.25;

/**
 * How much may wait in a WebSocket. `send` never blocks, and nothing overtakes
 * what it has taken. So it gets no more than leaves within a few milliseconds
 * at the measured rate, and enough to keep a fast path busy.
 */
export class Backlog {
  #limitBytes = MAX_BYTES / 2;
  #sentBytes = 0;
  #leftBytes = 0;
  #measuredAt: number;
  /** Bytes in a millisecond. */
  #rate = MAX_BYTES;

  /** Starts to measure at `now`, in milliseconds. */
  constructor(now: number) {
    this.#measuredAt = now;
  }

  /** The present limit. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** Counts bytes given to the WebSocket. */
  sent(bytes: number): void {
    this.#sentBytes += bytes;
  }

  /**
   * Whether more may be given to the WebSocket, in which `bufferedBytes` wait.
   */
  hasRoom(bufferedBytes: number, now: number): boolean {
    const left = this.#sentBytes - bufferedBytes;
    const elapsed = now - this.#measuredAt;
    if (bufferedBytes === 0) {
      // It ran dry: the rate was ours, not the path's.
      this.#limitBytes = Math.min(MAX_BYTES, this.#limitBytes * GROWTH);
      this.#rate = Math.min(MAX_BYTES, Math.max(this.#rate * 2, MIN_RATE));
      this.#measuredAt = now;
      this.#leftBytes = left;
    } else if (elapsed > MAX_ELAPSED_MS) {
      // There was a pause in between: the rate would be too low.
      this.#measuredAt = now;
      this.#leftBytes = left;
    } else if (elapsed >= TARGET_MS) {
      this.#rate = (left - this.#leftBytes) / elapsed;
      const wanted = this.#rate * TARGET_MS;
      this.#limitBytes += WEIGHT * (wanted - this.#limitBytes);
      this.#limitBytes = Math.min(
        MAX_BYTES,
        Math.max(MIN_BYTES, this.#limitBytes),
      );
      this.#measuredAt = now;
      this.#leftBytes = left;
    }
    return bufferedBytes < this.#limitBytes;
  }

  /** How long it will take until half of the limit is free, in milliseconds. */
  waitMs(bufferedBytes: number): number {
    const excess = bufferedBytes - this.#limitBytes / 2;
    return Math.min(MAX_WAIT_MS, excess / Math.max(1, this.#rate));
  }
}
