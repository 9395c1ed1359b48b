import { setImmediate } from "node:timers";

/**
 * Tasks for the end of the current turn of the loop, so that its results go out
 * together.
 */
export class Turns {
  readonly #inTurn: () => boolean;
  #tasks: (() => void)[] = [];
  /** Called when the task at the same index throws. */
  #failed: ((error: unknown) => void)[] = [];
  #scheduled = false;

  /** `inTurn` tells whether the loop will call `run` soon. */
  constructor(inTurn: () => boolean) {
    this.#inTurn = inTurn;
  }

  /** Runs `task` once at the end of the turn; the others run even if it throws. */
  add(task: () => void, failed: (error: unknown) => void): void {
    this.#tasks.push(task);
    this.#failed.push(failed);
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
    const failed = this.#failed;
    this.#tasks = [];
    this.#failed = [];
    for (let i = 0; i < tasks.length; i++) {
      try {
        tasks[i]!();
      } catch (error) {
        failed[i]!(error);
      }
    }
  }
}
