/** How long to wait between attempts. */
export interface BackoffOptions {
  /** First wait, in milliseconds. @default {1000} */
  firstMs?: number;
  /** Factor between waits. @default {1.5} */
  factor?: number;
  /** Upper bound on a wait, in milliseconds. @default {600000} */
  maxMs?: number;
  /**
   * Shortens a wait by up to this fraction, so that clients spread out.
   * @default {0.2}
   */
  jitter?: number;
  /** Gives 0 to 1. */
  random?: () => number;
}

/** A growing, randomized wait. */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #nextMs: number;

  /** Starts at the first wait. */
  constructor(options: BackoffOptions = {}) {
    const {
      firstMs = 1000,
      factor = 1.5,
      maxMs = 600_000,
      jitter = 0.2,
      random = Math.random,
    } = options;
    this.#options = { firstMs, factor, maxMs, jitter, random };
    this.#nextMs = firstMs;
  }

  /** The next wait, in milliseconds. */
  next(): number {
    const { factor, maxMs, jitter, random } = this.#options;
    const ms = this.#nextMs;
    this.#nextMs = Math.min(maxMs, ms * factor);
    return Math.round(ms * (1 - jitter * random()));
  }

  /** Begins again, after a success. */
  reset(): void {
    this.#nextMs = this.#options.firstMs;
  }
}
