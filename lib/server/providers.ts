import type { Session } from "../session/session.ts";
import { SessionWaiters } from "../session/session_waiters.ts";

/**
 * The sessions of interchangeable providers: requests rotate among them. A lost
 * or draining one is skipped at once.
 */
export class Providers {
  readonly #changed: () => void;
  readonly #sessions: Session[] = [];
  readonly #waiters = new SessionWaiters();
  #next = 0;
  #closed = false;

  /** `changed` is called when one comes or goes. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** How many take requests. */
  get size(): number {
    return this.#sessions.length;
  }

  /** Adds a provider until its session ends or drains. */
  add(session: Session): void {
    this.#sessions.push(session);
    session.peerDrains.then(() => {
      this.#remove(session);
      // Only this side knows that no request is in flight to it.
      session.endWhenIdle();
    });
    session.closed.then(() => this.#remove(session));
    this.#changed();
    this.#waiters.tell(session);
  }

  /** One of those that `pick` may give; does not take a turn. */
  get current(): Session | undefined {
    return this.#sessions.find((session) => !session.isClosed);
  }

  /** The next in turn, if there is one. */
  pick(): Session | undefined {
    for (let tries = this.#sessions.length; tries > 0; tries--) {
      this.#next %= this.#sessions.length;
      const session = this.#sessions[this.#next++]!;
      // The promise that removes it resolves a little later.
      if (!session.isClosed) return session;
    }
    return undefined;
  }

  /** The next in turn, or the first that comes; nothing when time is up. */
  next(timeoutMs: number): Promise<Session | undefined> {
    const session = this.pick();
    if (session || this.#closed) return Promise.resolve(session);
    return this.#waiters.wait(timeoutMs);
  }

  /** No more providers will come: ends all waits. */
  close(): void {
    this.#closed = true;
    this.#waiters.tell(undefined);
  }

  #remove(session: Session): void {
    const at = this.#sessions.indexOf(session);
    if (at < 0) return;
    this.#sessions.splice(at, 1);
    // Keep the round-robin position.
    if (at < this.#next) this.#next--;
    this.#changed();
  }
}
