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
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = () => reject(signal!.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    const timer = setTimeout(resolve, ms);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  },
};
