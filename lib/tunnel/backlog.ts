/** How long what waits in the WebSocket may take to leave. */
const TARGET_MS = 5;
const MIN_BYTES = 131_072;
const MAX_BYTES = 1_048_576;
/** How much a new measurement counts. */
const WEIGHT = 0.25;

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
      // Idle: nothing to learn, and the next burst starts a new measurement.
      this.#measuredAt = now;
      this.#leftBytes = left;
    } else if (elapsed >= TARGET_MS) {
      const wanted = (left - this.#leftBytes) / elapsed * TARGET_MS;
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
}
