/** Where signals come from. */
export interface SignalSource {
  /** The signals that mean "stop" here. */
  readonly names: readonly Deno.Signal[];
  /**
   * The signals that ask for the counts. At SIGUSR1 Deno also opens its
   * debugger on loopback, as Node does; hence SIGUSR2.
   */
  readonly reports: readonly Deno.Signal[];
  /** Calls `listener` at each `name`; the process no longer dies of it. */
  add(name: Deno.Signal, listener: () => void): void;
  /** Ends that. */
  remove(name: Deno.Signal, listener: () => void): void;
}

/**
 * The signals of this process.
 *
 * @param os Windows knows only the two of its console.
 * @returns A source for this system.
 */
export function systemSignals(
  os: typeof Deno.build.os = Deno.build.os,
): SignalSource {
  return {
    names: os === "windows" ? ["SIGINT", "SIGBREAK"] : ["SIGINT", "SIGTERM"],
    reports: os === "windows" ? [] : ["SIGUSR1", "SIGUSR2"],
    add: (name, listener) => Deno.addSignalListener(name, listener),
    remove: (name, listener) => Deno.removeSignalListener(name, listener),
  };
}

/** The part of a role that can be stopped. */
export interface Stoppable {
  /** Settles when it has ended; rejects with what ended it. */
  readonly closed: Promise<void>;
  /** Ends it gently. */
  close(): Promise<void>;
  /** Ends it now. */
  abort(): void;
}

/** How a role ended: by itself or gently, or because somebody was impatient. */
export type Ending = "closed" | "aborted";

/** Calls `listener` at each of some signals; gives what ends that. */
export function onSignals(
  signals: SignalSource,
  names: readonly Deno.Signal[],
  listener: () => void,
): () => void {
  for (const name of names) signals.add(name, listener);
  return () => {
    for (const name of names) signals.remove(name, listener);
  };
}

/** What to do meanwhile. */
export interface WaitOptions {
  /** Says what was counted: when asked by signal, and once at the end. */
  report?: () => void;
}

/**
 * Waits until a role has ended. The first signal closes it, the second one
 * aborts it and ends the wait at once. Removes its signal listeners.
 *
 * @param role The running role.
 * @param signals Where signals come from.
 * @param options What to do at signals.
 * @returns How it ended; rejects with the error that ended it.
 */
export async function runUntilStopped(
  role: Stoppable,
  signals: SignalSource,
  { report = () => {} }: WaitOptions = {},
): Promise<Ending> {
  const ending = Promise.withResolvers<Ending>();
  let closing = false;
  const onSignal = () => {
    if (closing) {
      role.abort();
      ending.resolve("aborted");
      return;
    }
    closing = true;
    role.close().then(() => ending.resolve("closed"), ending.reject);
  };
  const ignoreStop = onSignals(signals, signals.names, onSignal);
  const ignoreReport = onSignals(signals, signals.reports, report);
  try {
    const closed = role.closed.then((): Ending => "closed");
    return await Promise.race([closed, ending.promise]);
  } finally {
    ignoreStop();
    ignoreReport();
    report();
  }
}
