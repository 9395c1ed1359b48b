/** Fails instead of waiting for ever: a safety, never part of what is tested. */
export async function within<T>(promise: Promise<T>, ms = 10_000): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  return await Promise.race([promise, late])
    .finally(() => signal.removeEventListener("abort", onAbort));
}
