/** What may be done at present. */
export type AvoidanceState =
  /** Nothing speaks against it. */
  | "free"
  /** It has failed; leave it alone. */
  | "avoid"
  /** It has failed, and somebody may try it again. */
  | "due";

/** What is kept of one. */
export interface AvoidanceRecord {
  /** How often it has failed in a row, 1 and more. */
  readonly failures: number;
  /** Until when it is left alone: milliseconds since 1970. */
  readonly untilMs: number;
}

/** After the first failure. */
const FIRST_MS = 60_000;
/** However often it fails. */
const LONGEST_MS = 3_600_000;
/** One who tries and does not tell how it went blocks others no longer. */
const TRIAL_MS = 30_000;
/** More failures make no difference. */
const MAX_FAILURES = 32;

/**
 * Something that has failed and is left alone for a while: a minute, doubling to
 * an hour. When it is over exactly one may try it again, and the others wait for
 * what that one finds.
 */
export class Avoidance {
  #failures: number;
  #untilMs: number;
  #trialEndsMs = 0;

  /** Has not failed yet, or goes on from what was kept. */
  constructor({ failures, untilMs }: AvoidanceRecord = NEVER) {
    this.#failures = Math.min(failures, MAX_FAILURES);
    this.#untilMs = untilMs;
  }

  /** What may be done now. */
  stateAt(nowMs: number): AvoidanceState {
    if (this.#failures === 0) return "free";
    return this.leftMs(nowMs) > 0 ? "avoid" : "due";
  }

  /** How long it is still left alone, at present. */
  leftMs(nowMs: number): number {
    const left = Math.max(this.#untilMs, this.#trialEndsMs) - nowMs;
    // A clock that was set back must not prolong it.
    return left > LONGEST_MS ? 0 : Math.max(0, left);
  }

  /** Whether somebody is trying it again now. */
  isTriedAt(nowMs: number): boolean {
    return nowMs < this.#trialEndsMs;
  }

  /** Somebody tries it again; nobody else does meanwhile. */
  beginTrial(nowMs: number): void {
    this.#trialEndsMs = nowMs + TRIAL_MS;
  }

  /** The trial has told nothing: the next one may try. */
  endTrial(): void {
    this.#trialEndsMs = 0;
  }

  /**
   * It has failed. Of many that began together only the first one counts.
   *
   * @returns Whether it is left alone because of this failure.
   */
  fail(nowMs: number): boolean {
    if (!this.isTriedAt(nowMs) && this.stateAt(nowMs) === "avoid") return false;
    this.endTrial();
    const ms = FIRST_MS * 2 ** this.#failures;
    this.#untilMs = nowMs + Math.min(ms, LONGEST_MS);
    this.#failures = Math.min(this.#failures + 1, MAX_FAILURES);
    return true;
  }

  /** What is to be kept of it. */
  get record(): AvoidanceRecord {
    return { failures: this.#failures, untilMs: this.#untilMs };
  }
}

const NEVER: AvoidanceRecord = { failures: 0, untilMs: 0 };
