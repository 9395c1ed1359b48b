import type { Session } from "./session.ts";

/** Those who wait for a session to come. */
export class SessionWaiters {
  readonly #waiting = new Set<(session: Session | undefined) => void>();

  /** The session that `tell` brings; nothing when time is up. */
  wait(timeoutMs: number): Promise<Session | undefined> {
    return new Promise((resolve) => {
      const told = (session: Session | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(told);
        resolve(session);
      };
      const timer = setTimeout(() => told(undefined), timeoutMs);
      this.#waiting.add(told);
    });
  }

  /** Gives all who wait a session, or nothing if none will come. */
  tell(session: Session | undefined): void {
    for (const told of this.#waiting) told(session);
  }
}
