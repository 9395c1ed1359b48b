import type { Clock } from "../../lib/base/clock.ts";

/** A time that passes when the test says so. */
export class Timeline implements Clock {
  #now = 0;
  #waits: { at: number; resolve: () => void }[] = [];

  /** See `Clock`. */
  now(): number {
    return this.#now;
  }

  /** See `Clock`. */
  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waits.push({ at: this.#now + ms, resolve });
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  }

  /** Lets so many milliseconds pass. */
  pass(ms: number): void {
    this.#now += ms;
    const due = this.#waits.filter(({ at }) => at <= this.#now);
    this.#waits = this.#waits.filter(({ at }) => at > this.#now);
    for (const { resolve } of due) resolve();
  }
}
