/** One entry of `Deadlines`; cancel it by clearing `task`. */
export interface Deadline {
  /** Called when time is up; `undefined` once canceled or called. */
  task: (() => void) | undefined;
  /** When time is up, on the clock of `performance.now`. */
  readonly at: number;
}

/**
 * Many waits of the same length with one timer: the oldest always ends next, so
 * a queue is enough, and setting or canceling one costs almost nothing.
 */
export class Deadlines {
  readonly #ms: number;
  #queue: Deadline[] = [];
  #head = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Each wait takes `ms` milliseconds. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `task` after the wait, unless it is canceled. */
  add(task: () => void): Deadline {
    const deadline = { task, at: performance.now() + this.#ms };
    this.#queue.push(deadline);
    this.#timer ??= setTimeout(() => this.#expire(), this.#ms);
    return deadline;
  }

  /** Cancels a wait; nothing happens if it is over. */
  cancel(deadline: Deadline | undefined): void {
    if (!deadline?.task) return;
    deadline.task = undefined;
    this.#skipCanceled();
    if (this.#head === this.#queue.length) this.clear();
  }

  /** Cancels all waits. */
  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let i = this.#head; i < this.#queue.length; i++) {
      this.#queue[i]!.task = undefined;
    }
    this.#queue = [];
    this.#head = 0;
  }

  #skipCanceled(): void {
    while (
      this.#head < this.#queue.length && !this.#queue[this.#head]!.task
    ) this.#head++;
    if (this.#head > 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (;;) {
      this.#skipCanceled();
      const next = this.#queue[this.#head];
      if (!next) return this.clear();
      // A timer may come a fraction of a millisecond early.
      if (next.at - now > 0.5) {
        this.#timer ??= setTimeout(() => this.#expire(), next.at - now);
        return;
      }
      this.#head++;
      const { task } = next;
      next.task = undefined;
      task?.();
    }
  }
}
