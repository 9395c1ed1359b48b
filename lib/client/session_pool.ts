import { TunnelError } from "../base/errors.ts";
import { type KeepSessionOptions, KeptSession } from "./keep_session.ts";
import type { Session } from "../session/session.ts";
import { SessionWaiters } from "../session/session_waiters.ts";

/** How to keep a pool of sessions. */
export interface SessionPoolOptions
  extends Omit<KeepSessionOptions, "opened" | "signal"> {
  /** WebSockets to keep. @default {1} */
  size?: number;
}

/**
 * The sessions of a client. A new channel goes to the one with the fewest
 * channels; a lost session leaves and returns when it is open again.
 */
export class SessionPool {
  /** Resolves when the first session is open; rejects if there never was one. */
  readonly ready: Promise<void>;
  /** Resolves after `close`; rejects with the error that ended the attempts. */
  readonly closed: Promise<void>;
  readonly #kept: readonly KeptSession[];
  readonly #stop = new AbortController();
  readonly #waiters = new SessionWaiters();

  constructor({ size = 1, ...options }: SessionPoolOptions) {
    const ready = Promise.withResolvers<void>();
    this.ready = ready.promise;
    this.ready.catch(() => {});
    const { signal } = this.#stop;
    const opened = (session: Session): void => {
      ready.resolve();
      this.#waiters.tell(session);
    };
    this.#kept = Array.from(
      { length: size },
      () => new KeptSession({ ...options, opened, signal }),
    );
    this.closed = this.#run();
    this.closed.then(
      () => ready.reject(closedError()),
      (error) => ready.reject(error),
    );
  }

  /** The session for a new channel, if one is open now. */
  get current(): Session | undefined {
    let least: Session | undefined;
    for (const { current } of this.#kept) {
      if (!current) continue;
      if (!least || current.channelCount < least.channelCount) least = current;
    }
    return least;
  }

  /** As `current`: a channel there makes another one the next. */
  pick(): Session | undefined {
    return this.current;
  }

  /** The next session; `undefined` when time is up or there will be none. */
  next(timeoutMs: number): Promise<Session | undefined> {
    const { current } = this;
    if (current) return Promise.resolve(current);
    if (this.#stop.signal.aborted) return Promise.resolve(undefined);
    return this.#waiters.wait(timeoutMs);
  }

  /** Closes all sessions and stops dialing. Idempotent. */
  close(): void {
    this.#stop.abort(closedError());
  }

  async #run(): Promise<void> {
    try {
      const ends = this.#kept.map(async ({ closed }) => {
        // The first one that gives up ends the others.
        await closed.finally(() => this.close());
      });
      await Promise.all(ends);
    } finally {
      await Promise.allSettled(this.#kept.map(({ closed }) => closed));
      this.#waiters.tell(undefined);
    }
  }
}

function closedError(): TunnelError {
  return new TunnelError("closed", "the client was closed");
}
