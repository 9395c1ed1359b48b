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
 * One turn without an event is let pass before the loop waits in a thread:
 * the way there and back costs as much as several turns.
 */
const QUIET_TURNS = 1;

/** Gets the events of one descriptor (EPOLLIN, EPOLLOUT …, joined by or). */
export type EventHandler = (events: number) => void;

/** What `Epoll` needs from its owner. */
export interface EpollHooks {
  /** Called after the events of one turn were handled. */
  turnEnded(): void;
  /** Called when a handler or `turnEnded` threw: the loop goes on. */
  handlerFailed(error: unknown): void;
  /** Calls back after the runtime had a chance to do its own work. */
  yieldTurn(resume: () => void): void;
}

/**
 * One epoll instance and the loop around it, edge-triggered.
 *
 * While there is work it asks without waiting and lets the runtime's loop run
 * in between; when there is none, the wait is a call on another thread, so an
 * idle program uses no processor time. The loop runs while descriptors are
 * registered and ends with the last one.
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
  /** Told apart from an earlier use of the same descriptor in one batch. */
  readonly #generations: number[] = [];
  #fd = -1;
  #wakeFd = -1;
  #count = 0;
  #running: Promise<void> | undefined;
  #blocked = false;
  #dispatching = false;

  /** Makes the loop; nothing is opened before the first `add`. */
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

  /** Registers a descriptor; edge-triggered. */
  add(fd: number, events: number, handler: EventHandler): void {
    if (this.#fd < 0) this.#open();
    const generation = (this.#generations[fd] ?? 0) + 1;
    this.#generations[fd] = generation;
    this.#set(EPOLL_CTL_ADD, fd, events);
    this.#handlers[fd] = handler;
    this.#count++;
    this.#running ??= this.#run();
  }

  /** Asks for other events; an edge that is already there comes again. */
  modify(fd: number, events: number): void {
    this.#set(EPOLL_CTL_MOD, fd, events);
  }

  /** Gives the events of a descriptor to another handler. */
  rebind(fd: number, handler: EventHandler): void {
    this.#handlers[fd] = handler;
  }

  /** Forgets a descriptor; it is not closed. Close it right after. */
  remove(fd: number): void {
    if (this.#handlers[fd] === undefined) return;
    this.#handlers[fd] = undefined;
    this.#count--;
    // The descriptor may live on with another owner.
    libc().epoll_ctl(this.#fd, EPOLL_CTL_DEL, fd, this.#control);
    if (this.#count === 0) this.#wake();
  }

  /** As `remove`, for a descriptor that is closed right after: the kernel then
   * forgets it by itself. */
  removeClosing(fd: number): void {
    if (this.#handlers[fd] === undefined) return;
    this.#handlers[fd] = undefined;
    this.#count--;
    if (this.#count === 0) this.#wake();
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
    // Lets the caller of the first `add` finish what it does.
    await new Promise<void>((resolve) => this.#hooks.yieldTurn(resolve));
    const { epoll_wait, epoll_wait_blocking } = libc();
    for (let quiet = 0; this.#count > 0 || quiet < QUIET_TURNS;) {
      let n = epoll_wait(this.#fd, this.#events, MAX_EVENTS, 0);
      quiet = n === 0 ? quiet + 1 : 0;
      if (quiet > QUIET_TURNS) {
        this.#blocked = true;
        n = await epoll_wait_blocking(this.#fd, this.#events, MAX_EVENTS, -1);
        this.#blocked = false;
        quiet = 0;
      }
      if (n > 0) this.#dispatch(n);
      await new Promise<void>((resolve) => this.#hooks.yieldTurn(resolve));
    }
    closeFd(this.#wakeFd);
    closeFd(this.#fd);
    this.#fd = this.#wakeFd = -1;
    this.#running = undefined;
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
        this.#hooks.handlerFailed(error);
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
