import { abortable } from "./abortable.ts";

/** Time as a parameter, so that tests do not wait. */
export interface Clock {
  /** Milliseconds that only go up. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason if it aborts. */
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The real time. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  async delay(ms, signal) {
    signal?.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    try {
      await abortable(promise, signal);
    } finally {
      clearTimeout(timer);
    }
  },
};
