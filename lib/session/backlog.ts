/** How long what waits in the WebSocket may take to leave. */
const TARGET_MS = 5;
const MIN_BYTES = 131_072;
const MAX_BYTES = 1_048_576;
/** How much a new measurement counts. */
const WEIGHT = 0.25;
/** A rate may change: ask again by then. */
const MAX_WAIT_MS = 5;
/** Bytes in a millisecond that a path is thought to carry when it ran dry. */
const MIN_RATE = 16_384;
/** A measurement that took longer says nothing. */
const MAX_ELAPSED_MS = 100;
/** How fast the limit grows while the path is faster than it. */
const GROWTH = 1.25;

/**
 * How much may wait in a WebSocket. `send` never blocks, and what it has taken
 * cannot be overtaken any more; so no more is given to it than leaves within a few
 * milliseconds at the rate measured, and enough to keep a fast path busy.
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

  /** Bytes were given to the WebSocket. */
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
