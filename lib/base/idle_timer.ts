/**
 * Ends what nobody uses: one timer that is set again only when it is over, so
 * that use costs no more than a look at the clock.
 */
export class IdleTimer {
  readonly #ms: number;
  readonly #idle: () => void;
  #lastUse = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Calls `idle` once when there was no use for `ms` milliseconds. */
  constructor(ms: number, idle: () => void) {
    this.#ms = ms;
    this.#idle = idle;
    this.#wait(ms);
  }

  /** It is in use. */
  touch(): void {
    this.#lastUse = performance.now();
  }

  /** Never calls. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#lastUse + this.#ms - performance.now();
      // A timer may come a fraction of a millisecond early.
      if (left > 0.5) this.#wait(left);
      else this.#idle();
    }, ms);
  }
}
