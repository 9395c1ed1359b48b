import type { Session } from "../session/session.ts";

/** Where an entry gets sessions from. */
export interface SessionSource {
  /** A session that is open now; to look at, not to open channels on. */
  readonly current: Session | undefined;
  /** The session for a new channel, if one is open now. */
  pick(): Session | undefined;
  /** The next one; nothing when time is up. */
  next(timeoutMs: number): Promise<Session | undefined>;
}

/** How long an app waits for a session. */
const SESSION_WAIT_MS = 10_000;

/**
 * Runs `task` when a session is open: at once if one is, within this call.
 *
 * @param task Is told whether one is; false when time was up
 */
export function whenOpen(
  sessions: SessionSource,
  task: (isOpen: boolean) => void,
): void {
  if (sessions.current) return task(true);
  sessions.next(SESSION_WAIT_MS).then((next) => task(next !== undefined));
}
