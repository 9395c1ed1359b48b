/** What can be ended at once. */
export interface Abortable {
  /** Ends it now. */
  abort(): void;
  /** Settles when it has ended. */
  readonly closed: Promise<unknown>;
}

/** Aborts `role` with `signal`; releases the signal when the role has ended. */
export function abortWith(
  role: Abortable,
  signal: AbortSignal | undefined,
): void {
  if (!signal) return;
  const onAbort = () => role.abort();
  signal.addEventListener("abort", onAbort, { once: true });
  const done = () => signal.removeEventListener("abort", onAbort);
  role.closed.then(done, done);
  if (signal.aborted) onAbort();
}
