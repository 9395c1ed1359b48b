/** Whether to try something that has failed before. */
export type AvoidanceState =
  /** It has not failed. */
  | "free"
  /** It has failed; leave it alone. */
  | "avoid"
  /** It has failed, and one caller may try again. */
  | "due";

/** What is kept of one. */
export interface AvoidanceRecord {
  /** Failures in a row, at least 1. */
  readonly failures: number;
  /** When to try again, in milliseconds since 1970. */
  readonly untilMs: number;
}

/** Wait after the first failure. */
const FIRST_MS = 60_000;
/** Upper bound on the wait. */
const LONGEST_MS = 3_600_000;
/** A trial without a result stops blocking others after this time. */
const TRIAL_MS = 30_000;
/** Failures count up to this. */
const MAX_FAILURES = 32;

/**
 * Something that failed and is avoided for a minute, doubling to an hour. Then
 * exactly one caller may try again, and the others wait for its result.
 */
export class Avoidance {
  #failures: number;
  #untilMs: number;
  #trialEndsMs = 0;

  /** Starts without failures, or from a stored record. */
  constructor({ failures, untilMs }: AvoidanceRecord = NEVER) {
    this.#failures = Math.min(failures, MAX_FAILURES);
    this.#untilMs = untilMs;
  }

  /** What may be done now. */
  stateAt(nowMs: number): AvoidanceState {
    if (this.#failures === 0) return "free";
    return this.leftMs(nowMs) > 0 ? "avoid" : "due";
  }

  /** Time left until the next trial. */
  leftMs(nowMs: number): number {
    const left = Math.max(this.#untilMs, this.#trialEndsMs) - nowMs;
    // A clock that was set back must not make the wait longer.
    return left > LONGEST_MS ? 0 : Math.max(0, left);
  }

  /** Whether a trial is running. */
  isTriedAt(nowMs: number): boolean {
    return nowMs < this.#trialEndsMs;
  }

  /** Starts a trial; no other may start until it ends. */
  beginTrial(nowMs: number): void {
    this.#trialEndsMs = nowMs + TRIAL_MS;
  }

  /** The trial had no result: the next caller may try. */
  endTrial(): void {
    this.#trialEndsMs = 0;
  }

  /**
   * Records a failure. Of failures that began together only the first counts.
   *
   * @returns Whether this failure started a wait.
   */
  fail(nowMs: number): boolean {
    if (!this.isTriedAt(nowMs) && this.stateAt(nowMs) === "avoid") return false;
    this.endTrial();
    const ms = FIRST_MS * 2 ** this.#failures;
    this.#untilMs = nowMs + Math.min(ms, LONGEST_MS);
    this.#failures = Math.min(this.#failures + 1, MAX_FAILURES);
    return true;
  }

  /** The record to store. */
  get record(): AvoidanceRecord {
    return { failures: this.#failures, untilMs: this.#untilMs };
  }
}

const NEVER: AvoidanceRecord = { failures: 0, untilMs: 0 };
