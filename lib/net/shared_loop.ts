import { setImmediate } from "node:timers";
import { Epoll, type EventHandler } from "../../ffi/mod.ts";
import { Turns } from "./turns.ts";

/**
 * The one loop of this thread. It holds one of the 32 threads of the runtime's
 * pool, however many roles there are.
 */
class SharedLoop {
  readonly turns = new Turns(() => this.epoll.dispatching);
  readonly epoll: Epoll = new Epoll({
    turnEnded: () => this.turns.run(),
    // Views pass their own; this is for bugs of the loop.
    handlerFailed: reportError,
    yieldTurn: (resume) => void setImmediate(resume),
  });
  #whenUsed: (() => void)[] = [];

  used(): void {
    if (this.#whenUsed.length === 0) return;
    for (const resolve of this.#whenUsed.splice(0)) resolve();
  }

  /** Resolves when the loop has ended, or others need it. */
  async rested(): Promise<void> {
    if (this.epoll.size > 0) return;
    const used = new Promise<void>((resolve) => this.#whenUsed.push(resolve));
    await Promise.race([this.epoll.idle(), used]);
  }
}

/** A memo: made at first use; nothing is open in it while nobody uses it. */
let shared: SharedLoop | undefined;

/**
 * The shared loop as one role sees it: it counts the role's own descriptors, and
 * tells the role of its own handlers' failures.
 */
export class LoopView {
  readonly #loop: SharedLoop = shared ??= new SharedLoop();
  readonly #epoll: Epoll = this.#loop.epoll;
  readonly #failed: (error: unknown) => void;
  #count = 0;
  #whenIdle: (() => void)[] = [];

  /** `failed` is called when a handler or a task of this view threw. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /**
   * Resolves when none of this view's descriptors is registered; if it was the
   * last view in use, when the loop has ended, too.
   */
  async idle(): Promise<void> {
    while (this.#count > 0) {
      await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    }
    await this.#loop.rested();
  }

  /** Runs `task` once at the end of the present turn. */
  atTurnEnd(task: () => void): void {
    this.#loop.turns.add(task, this.#failed);
  }

  /** As `Epoll.add`. */
  add(fd: number, events: number, handler: EventHandler): void {
    this.#epoll.add(fd, events, handler, this.#failed);
    this.#count++;
    this.#loop.used();
  }

  /** As `Epoll.modify`. */
  modify(fd: number, events: number): void {
    this.#epoll.modify(fd, events);
  }

  /** As `Epoll.rebind`. */
  rebind(fd: number, handler: EventHandler): void {
    this.#epoll.rebind(fd, handler);
  }

  /** As `Epoll.ref`. */
  ref(fd: number): void {
    this.#epoll.ref(fd);
  }

  /** As `Epoll.unref`. */
  unref(fd: number): void {
    this.#epoll.unref(fd);
  }

  /** As `Epoll.remove`. */
  remove(fd: number): void {
    if (this.#epoll.remove(fd)) this.#removed();
  }

  /** As `Epoll.removeClosing`. */
  removeClosing(fd: number): void {
    if (this.#epoll.removeClosing(fd)) this.#removed();
  }

  #removed(): void {
    if (--this.#count > 0 || this.#whenIdle.length === 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
