import { type Clock, SYSTEM_CLOCK } from "./clock.ts";

/** Not an error: what a stopped wait rejects with. */
const STOPPED = new Error("stopped");

/**
 * Ends something that is not used: one timer, set again only when it fires, so
 * that each use costs only a look at the clock.
 */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  #lastUse: number;

  /** Calls `idle` once when there was no use for `ms` milliseconds. */
  constructor(ms: number, idle: () => void, clock: Clock = SYSTEM_CLOCK) {
    this.#clock = clock;
    this.#lastUse = clock.now();
    this.#wait(ms, idle);
  }

  /** Starts the wait over. */
  touch(): void {
    this.#lastUse = this.#clock.now();
  }

  /** Stops for good, without a call. */
  stop(): void {
    this.#stop.abort(STOPPED);
  }

  async #wait(ms: number, idle: () => void): Promise<void> {
    const { signal } = this.#stop;
    // A timer may come a fraction of a millisecond early.
    for (let left = ms; left > 0.5;) {
      await this.#clock.delay(left, signal).catch(() => {});
      if (signal.aborted) return;
      left = this.#lastUse + ms - this.#clock.now();
    }
    idle();
  }
}
