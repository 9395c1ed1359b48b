import type { DatagramLoss, Observer } from "../base/events.ts";

/** How often observers are told of datagrams. */
const REPORT_MS = 1000;

/**
 * Counts the datagrams of one role and tells its observer in bulk: every second
 * while there are some, and when the last association is over.
 */
export class DatagramTally {
  readonly #observer: Observer;
  readonly #losses = new Map<DatagramLoss, number>();
  #up = 0;
  #upBytes = 0;
  #down = 0;
  #downBytes = 0;
  #associations = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** An association has begun; each needs its `ended`. */
  began(): void {
    this.#associations++;
    this.#observer({ type: "associated" });
  }

  /** An association is over. */
  ended(reason: string): void {
    if (--this.#associations === 0) this.report();
    this.#observer({ type: "dissociated", reason });
  }

  /** A datagram went toward the target. */
  up(bytes: number): void {
    this.#up++;
    this.#upBytes += bytes;
    this.#reportLater();
  }

  /** A datagram went toward the app. */
  down(bytes: number): void {
    this.#down++;
    this.#downBytes += bytes;
    this.#reportLater();
  }

  /** Datagrams were lost. */
  lost(reason: DatagramLoss, count = 1): void {
    if (count === 0) return;
    this.#losses.set(reason, (this.#losses.get(reason) ?? 0) + count);
    this.#reportLater();
  }

  /** Reports what was counted since the last report. */
  report(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [up, upBytes] = [this.#up, this.#upBytes];
    const [down, downBytes] = [this.#down, this.#downBytes];
    const losses = [...this.#losses];
    this.#up =
      this.#upBytes =
      this.#down =
      this.#downBytes =
        0;
    this.#losses.clear();
    const type = "datagrams";
    if (up > 0) {
      this.#observer({ type, direction: "up", count: up, bytes: upBytes });
    }
    if (down > 0) {
      this.#observer({
        type,
        direction: "down",
        count: down,
        bytes: downBytes,
      });
    }
    for (const [reason, count] of losses) {
      this.#observer({ type: "datagramsLost", reason, count });
    }
  }

  #reportLater(): void {
    if (this.#timer !== undefined) return;
    // What is counted behind the last association is told at once.
    if (this.#associations === 0) this.report();
    else this.#timer = setTimeout(() => this.report(), REPORT_MS);
  }
}
