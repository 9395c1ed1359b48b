import { Backoff } from "../base/backoff.ts";
import { type Clock, SYSTEM_CLOCK } from "../base/clock.ts";
import { errorText, isProgramError, TunnelError } from "../base/errors.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import type { Session } from "../session/session.ts";

/** How to keep a session. */
export interface KeepSessionOptions {
  /** Opens a session; asked again at each attempt. */
  open: (signal: AbortSignal) => Promise<Session>;
  /** A session is open. */
  opened: (session: Session) => void;
  /** Ends the attempts and closes the session. */
  signal: AbortSignal;
  /** Try again after a loss. @default {true} */
  reconnect?: boolean;
  /** Try again after the token was rejected, too. @default {false} */
  retryAuth?: boolean;
  /**
   * Replace the session after this time, in milliseconds; 0 keeps it while it
   * lives.
   *
   * @default {0}
   */
  renewMs?: number;
  /** Waits between attempts. */
  backoff?: Backoff;
  /** What the log calls the server. */
  server?: string;
  logger?: Logger;
  /** The time. */
  clock?: Clock;
}

/** A session that lasted less is not replaced without a wait. */
const MIN_LIFE_MS = 1000;

/**
 * Keeps one session open: dials again after a loss, with growing waits, and
 * opens the next session before it closes one that is due. Open channels stay
 * on the old session until they end.
 */
export class KeptSession {
  /** Resolves after the abort; rejects with the error that ended the attempts. */
  readonly closed: Promise<void>;
  readonly #options: KeepSessionOptions;
  readonly #logger: Logger;
  /** Including replaced ones that still have channels. */
  readonly #sessions = new Set<Session>();
  #current: Session | undefined;

  constructor(options: KeepSessionOptions) {
    this.#options = options;
    this.#logger = options.logger ?? SILENT;
    const closeAll = () => this.#closeAll();
    options.signal.addEventListener("abort", closeAll, { once: true });
    this.closed = this.#run().finally(closeAll);
  }

  /** The session for new channels, if one is open now. */
  get current(): Session | undefined {
    return this.#current?.isClosed ? undefined : this.#current;
  }

  async #run(): Promise<void> {
    const {
      open,
      signal,
      reconnect = true,
      retryAuth = false,
      backoff = new Backoff(),
      server,
      clock = SYSTEM_CLOCK,
    } = this.#options;
    while (!signal.aborted) {
      let lost: unknown;
      let wasOpen = false;
      try {
        const session = await open(signal);
        wasOpen = true;
        backoff.reset();
        this.#use(session);
        const since = clock.now();
        if (!await this.#isDue(session)) {
          lost = await session.closed;
        } else if (clock.now() - since >= MIN_LIFE_MS) {
          continue;
        } else {
          lost = new TunnelError(
            "failed",
            "the server asked us to leave right after we connected",
          );
        }
      } catch (error) {
        lost = error;
      }
      if (signal.aborted) return;
      if (isProgramError(lost)) throw lost;
      if (this.current === undefined) {
        const rejected = lost instanceof TunnelError && lost.code === "auth";
        // A permission is not granted later.
        const forbidden = lost instanceof Deno.errors.NotCapable;
        if (!reconnect || forbidden || (rejected && !retryAuth)) {
          throw withServer(lost, server, wasOpen);
        }
      }
      const waitMs = backoff.next();
      const reason = errorText(lost);
      this.#logger.warn(
        this.current
          ? "Cannot replace the session, trying again"
          : wasOpen
          ? "Lost the server, trying again"
          : "Cannot connect to the server, trying again",
        { ...(server === undefined ? {} : { server }), reason, waitMs },
      );
      await clock.delay(waitMs, signal).catch(() => {});
    }
  }

  #use(session: Session): void {
    const before = this.#current;
    this.#current = session;
    this.#sessions.add(session);
    session.closed.then(() => this.#sessions.delete(session));
    this.#options.opened(session);
    before?.drain();
  }

  /** Waits until a live session is due; false if it closed. */
  async #isDue(session: Session): Promise<boolean> {
    const { signal, renewMs = 0, clock = SYSTEM_CLOCK } = this.#options;
    const stop = new AbortController();
    const waits: Promise<string>[] = [
      session.closed.then(() => ""),
      session.peerDrains.then(() => "the server is stopping"),
    ];
    if (renewMs > 0) {
      const either = AbortSignal.any([signal, stop.signal]);
      waits.push(
        clock.delay(renewMs, either).then(() => "its time is up", () => ""),
      );
    }
    const why = await Promise.race(waits);
    stop.abort();
    if (session.isClosed || signal.aborted) return false;
    this.#logger.info("Replacing the session", { why });
    return true;
  }

  #closeAll(): void {
    for (const session of this.#sessions) {
      session.close(1000, "the client was closed");
    }
  }
}

/** The error that ends the attempts says which server it was. */
function withServer(
  lost: unknown,
  server: string | undefined,
  wasOpen: boolean,
): unknown {
  if (!(lost instanceof TunnelError) || server === undefined) return lost;
  const what = wasOpen ? "Lost the connection to" : "Cannot connect to";
  const text = `${what} ${server}: ${lost.message}`;
  return new TunnelError(lost.code, text, { cause: lost });
}
