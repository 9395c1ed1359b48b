import { setImmediate } from "node:timers";

/**
 * Work that waits for the end of the present turn of the loop, so that what
 * happened in it goes out together.
 */
export class Turns {
  readonly #inTurn: () => boolean;
  #tasks: (() => void)[] = [];
  #scheduled = false;

  /** `inTurn` tells whether `run` will be called soon by itself. */
  constructor(inTurn: () => boolean) {
    this.#inTurn = inTurn;
  }

  /** Runs `task` once at the end of the turn. */
  add(task: () => void): void {
    this.#tasks.push(task);
    if (this.#scheduled || this.#inTurn()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.run();
    });
  }

  /** Ends the turn. */
  run(): void {
    if (this.#tasks.length === 0) return;
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }
}
