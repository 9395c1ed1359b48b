import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLLET,
  EPOLLIN,
} from "./constants.ts";
import { epollEventLayout } from "./epoll_event.ts";
import { check, libc } from "./library.ts";
import { closeFd } from "./sockets.ts";

/** How many events one call may bring. */
const MAX_EVENTS = 512;

/**
 * Turns without an event before the loop waits in a thread, which costs as much
 * as several turns.
 */
const QUIET_TURNS = 1;

/**
 * Upper bound on a wait in a thread while nothing keeps the program running:
 * the runtime ends only after the wait.
 */
const UNREF_WAIT_MS = 100;

/**
 * Receives the events of one descriptor (EPOLLIN, EPOLLOUT …, combined with
 * or).
 */
export type EventHandler = (events: number) => void;

/** Called when a handler threw: the loop goes on. */
export type HandlerFailed = (error: unknown) => void;

/** What `Epoll` needs from its owner. */
export interface EpollHooks {
  /** Called after the events of one turn were handled. */
  turnEnded(): void;
  /** Called when `turnEnded` threw, or a handler that was added without its own. */
  handlerFailed: HandlerFailed;
  /** Calls back after the runtime has done its own work. */
  yieldTurn(resume: () => void): void;
}

/**
 * One epoll instance and the loop around it, edge-triggered.
 *
 * While there is work it polls without waiting and lets the runtime's loop run
 * in between; otherwise it waits on another thread, so that an idle program
 * uses no CPU time. The loop runs while descriptors are registered and ends
 * with the last one.
 *
 * It keeps the program running, unless all of its descriptors are unref'd: then
 * it looks 10 times a second whether the program may end.
 */
export class Epoll {
  readonly #hooks: EpollHooks;
  readonly #eventBytes: number;
  readonly #dataOffset: number;
  readonly #events: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  readonly #control: Uint8Array<ArrayBuffer>;
  readonly #controlView: DataView;
  readonly #handlers: (EventHandler | undefined)[] = [];
  readonly #failed: (HandlerFailed | undefined)[] = [];
  /** Descriptors that let the program end. */
  readonly #unref: boolean[] = [];
  /**
   * Tells the current use of a descriptor from an earlier one in the same
   * batch.
   */
  readonly #generations: number[] = [];
  #fd = -1;
  #wakeFd = -1;
  #count = 0;
  /** Of `#count`, those that keep the program running. */
  #refs = 0;
  #running: Promise<void> | undefined;
  /** The next turn, while nothing keeps the program running. */
  #nextTurn: ReturnType<typeof setTimeout> | undefined;
  #blocked = false;
  #dispatching = false;

  /** Opens nothing before the first `add`. */
  constructor(hooks: EpollHooks, arch?: string) {
    this.#hooks = hooks;
    const { bytes, dataOffset } = epollEventLayout(arch);
    this.#eventBytes = bytes;
    this.#dataOffset = dataOffset;
    this.#events = new Uint8Array(MAX_EVENTS * this.#eventBytes);
    this.#view = new DataView(this.#events.buffer);
    this.#control = new Uint8Array(this.#eventBytes);
    this.#controlView = new DataView(this.#control.buffer);
  }

  /** Descriptors that are registered. */
  get size(): number {
    return this.#count;
  }

  /** Whether handlers are being called right now. */
  get dispatching(): boolean {
    return this.#dispatching;
  }

  /** Resolves when the loop has ended; at once if it does not run. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Registers a descriptor; edge-triggered. It keeps the program running. */
  add(
    fd: number,
    events: number,
    handler: EventHandler,
    failed?: HandlerFailed,
  ): void {
    if (this.#fd < 0) this.#open();
    const generation = (this.#generations[fd] ?? 0) + 1;
    this.#generations[fd] = generation;
    this.#set(EPOLL_CTL_ADD, fd, events);
    this.#handlers[fd] = handler;
    this.#failed[fd] = failed;
    this.#unref[fd] = false;
    this.#count++;
    this.#refs++;
    this.#keepRunning();
    this.#running ??= this.#run();
  }

  /** Asks for other events; an edge that is already there comes again. */
  modify(fd: number, events: number): void {
    this.#set(EPOLL_CTL_MOD, fd, events);
  }

  /** Replaces the handler of a descriptor. */
  rebind(fd: number, handler: EventHandler): void {
    this.#handlers[fd] = handler;
  }

  /** Lets a descriptor keep the program running again. */
  ref(fd: number): void {
    if (this.#handlers[fd] === undefined || !this.#unref[fd]) return;
    this.#unref[fd] = false;
    this.#refs++;
    this.#keepRunning();
  }

  /** Lets the program end although this descriptor is registered. */
  unref(fd: number): void {
    if (this.#handlers[fd] === undefined || this.#unref[fd]) return;
    this.#unref[fd] = true;
    this.#refs--;
    this.#released();
  }

  /**
   * Unregisters a descriptor that stays open.
   *
   * @returns whether it was registered
   */
  remove(fd: number): boolean {
    if (!this.removeClosing(fd)) return false;
    libc().epoll_ctl(this.#fd, EPOLL_CTL_DEL, fd, this.#control);
    return true;
  }

  /** As `remove`, for a descriptor that is closed right after: the kernel then
   * forgets it by itself. */
  removeClosing(fd: number): boolean {
    if (this.#handlers[fd] === undefined) return false;
    this.#handlers[fd] = undefined;
    this.#count--;
    if (!this.#unref[fd]) this.#refs--;
    this.#released();
    return true;
  }

  /** Whether the loop has something to do before the program may end. */
  get #keepsRunning(): boolean {
    return this.#refs > 0 || this.#count === 0;
  }

  #keepRunning(): void {
    if (this.#nextTurn !== undefined) Deno.refTimer(this.#nextTurn);
  }

  /** Ends a wait that has become too long. */
  #released(): void {
    if (this.#refs > 0) return;
    if (this.#keepsRunning) this.#keepRunning();
    this.#wake();
  }

  #open(): void {
    const fd = check("epoll_create1", libc().epoll_create1(EPOLL_CLOEXEC));
    try {
      this.#wakeFd = check(
        "eventfd",
        libc().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
      );
    } catch (error) {
      // A loop that cannot be woken would never end: the next `add` tries again.
      closeFd(fd);
      throw error;
    }
    this.#fd = fd;
    this.#generations[this.#wakeFd] ??= 0;
    this.#set(EPOLL_CTL_ADD, this.#wakeFd, EPOLLIN);
  }

  #set(operation: number, fd: number, events: number): void {
    this.#controlView.setUint32(0, (events | EPOLLET) >>> 0, true);
    this.#controlView.setUint32(this.#dataOffset, fd, true);
    this.#controlView.setUint32(
      this.#dataOffset + 4,
      this.#generations[fd]!,
      true,
    );
    check(
      "epoll_ctl",
      libc().epoll_ctl(this.#fd, operation, fd, this.#control),
    );
  }

  #wake(): void {
    if (!this.#blocked) return;
    libc().write(this.#wakeFd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8);
  }

  async #run(): Promise<void> {
    const { epoll_wait, epoll_wait_blocking } = libc();
    for (let quiet = 0; this.#count > 0 || quiet < QUIET_TURNS;) {
      // The first time this lets the caller of `add` finish what it does.
      await this.#yield();
      this.#nextTurn = undefined;
      let n = epoll_wait(this.#fd, this.#events, MAX_EVENTS, 0);
      quiet = n === 0 ? quiet + 1 : 0;
      if (quiet > QUIET_TURNS) {
        this.#blocked = true;
        const waitMs = this.#refs > 0 ? -1 : UNREF_WAIT_MS;
        n = await epoll_wait_blocking(
          this.#fd,
          this.#events,
          MAX_EVENTS,
          waitMs,
        );
        this.#blocked = false;
        quiet = 0;
      }
      if (n > 0) this.#dispatch(n);
    }
    closeFd(this.#wakeFd);
    closeFd(this.#fd);
    this.#fd = this.#wakeFd = -1;
    this.#running = undefined;
  }

  #yield(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#keepsRunning) return this.#hooks.yieldTurn(resolve);
      this.#nextTurn = setTimeout(resolve, 0);
      Deno.unrefTimer(this.#nextTurn);
    });
  }

  #dispatch(count: number): void {
    this.#dispatching = true;
    for (let i = 0; i < count; i++) {
      const offset = i * this.#eventBytes;
      const fd = this.#view.getUint32(offset + this.#dataOffset, true);
      const handler = this.#handlers[fd];
      const generation = this.#view.getUint32(
        offset + this.#dataOffset + 4,
        true,
      );
      if (!handler || generation !== this.#generations[fd]) continue;
      try {
        handler(this.#view.getUint32(offset, true));
      } catch (error) {
        (this.#failed[fd] ?? this.#hooks.handlerFailed)(error);
      }
    }
    this.#dispatching = false;
    try {
      this.#hooks.turnEnded();
    } catch (error) {
      this.#hooks.handlerFailed(error);
    }
  }
}
