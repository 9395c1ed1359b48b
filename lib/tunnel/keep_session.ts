import { Backoff } from "../base/backoff.ts";
import { type Clock, SYSTEM_CLOCK } from "../base/clock.ts";
import { errorText, TunnelError } from "../base/errors.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import type { Session } from "./session.ts";

/** How to keep a session. */
export interface KeepSessionOptions {
  /** Opens a session; asked again at each attempt. */
  open: (signal: AbortSignal) => Promise<Session>;
  /** Try again after a loss. @default {true} */
  reconnect?: boolean;
  /** Try again after the token was rejected, too. @default {false} */
  retryAuth?: boolean;
  /** Waits between attempts. */
  backoff?: Backoff;
  /** Where to say what happens. */
  logger?: Logger;
  /** The time. */
  clock?: Clock;
}

/**
 * Keeps one session open: dials again after a loss, with growing waits, and lets
 * whoever needs a session wait for the next one.
 */
export class KeptSession {
  /** Resolves when the first session is open; rejects if there never was one. */
  readonly ready: Promise<void>;
  /** Resolves after `close`; rejects with the error that ended the attempts. */
  readonly closed: Promise<void>;
  readonly #options: KeepSessionOptions;
  readonly #logger: Logger;
  readonly #stop = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  #session: Session | undefined;
  #waiting = new Set<(session: Session | undefined) => void>();

  /** Starts at once. */
  constructor(options: KeepSessionOptions) {
    this.#options = options;
    this.#logger = options.logger ?? SILENT;
    this.ready = this.#ready.promise;
    this.ready.catch(() => {});
    this.closed = this.#run().finally(() => {
      for (const tell of this.#waiting) tell(undefined);
      this.#waiting.clear();
    });
    this.closed.catch((error) => this.#ready.reject(error));
  }

  /** The session, if one is open now. */
  get current(): Session | undefined {
    return this.#session;
  }

  /** The next session, or nothing when time is up or there will be none. */
  next(timeoutMs: number): Promise<Session | undefined> {
    if (this.#session) return Promise.resolve(this.#session);
    if (this.#stop.signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const tell = (session: Session | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(tell);
        resolve(session);
      };
      const timer = setTimeout(() => tell(undefined), timeoutMs);
      this.#waiting.add(tell);
    });
  }

  /** Closes the session and stops dialling. Idempotent. */
  close(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(new TunnelError("closed", "the client was closed"));
    this.#session?.close(1000, "the client was closed");
    this.#ready.reject(this.#stop.signal.reason);
  }

  async #run(): Promise<void> {
    const {
      open,
      reconnect = true,
      retryAuth = false,
      backoff = new Backoff(),
      clock = SYSTEM_CLOCK,
    } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let lost: unknown;
      try {
        const session = await open(signal);
        backoff.reset();
        this.#session = session;
        this.#ready.resolve();
        for (const tell of this.#waiting) tell(session);
        lost = await session.closed;
      } catch (error) {
        lost = error;
      }
      this.#session = undefined;
      if (signal.aborted) return;
      const rejected = lost instanceof TunnelError && lost.code === "auth";
      if (!reconnect || (rejected && !retryAuth)) throw lost;
      const waitMs = backoff.next();
      this.#logger.warn("Lost the server, trying again", {
        reason: errorText(lost),
        waitMs,
      });
      await clock.delay(waitMs, signal).catch(() => {});
    }
  }
}
