import {
  closeFd,
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  localAddress,
  recv,
  remoteAddress,
  resetFd,
  send,
  shutdownWrite,
  socketError,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import { TunnelError } from "../base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
  IGNORE,
  type SocketAddress,
} from "./conn.ts";
import type { FastOpenOutcome } from "./fast_open.ts";
import type { LoopView } from "./shared_loop.ts";
import { errorOfErrno, errorOfSystem } from "./system_error.ts";

/** Events of every conn; EPOLLOUT is added after a write that did not fit. */
export const READ_EVENTS = EPOLLIN | EPOLLRDHUP;

const NOWHERE: SocketAddress = { host: "", port: 0 };

/** A conn on its own descriptor, registered with the loop. */
export class EpollConn implements Conn {
  handler: ConnHandler = IGNORE;
  /** Called once with the descriptor, right before it is closed. */
  beforeEnd: ((fd: number) => void) | undefined;
  readonly fastOpen: FastOpenOutcome;
  readonly #loop: LoopView;
  #fd: number;
  #error: TunnelError | undefined;
  /** The socket is empty until the next event: no need to ask the kernel. */
  #drained = false;
  /** The peer has ended its direction; the end may hide behind a short read. */
  #ended = false;
  #awaitsRoom = false;
  #watchesRoom: boolean;
  #local: SocketAddress | undefined;
  #remote: SocketAddress | undefined;

  /** Takes over `fd`, which the loop already knows or will know. */
  constructor(
    loop: LoopView,
    fd: number,
    fastOpen: FastOpenOutcome,
    watchesRoom: boolean,
  ) {
    this.#loop = loop;
    this.#fd = fd;
    this.fastOpen = fastOpen;
    this.#watchesRoom = watchesRoom;
  }

  /** The descriptor, for options; -1 when closed. */
  get fd(): number {
    return this.#fd;
  }

  get error(): TunnelError | undefined {
    return this.#error;
  }

  get local(): SocketAddress {
    return this.#local ??= localAddress(this.#fd) ?? NOWHERE;
  }

  get remote(): SocketAddress {
    return this.#remote ??= remoteAddress(this.#fd) ?? NOWHERE;
  }

  /** Gets the loop's events. */
  onEvents(events: number): void {
    this.#drained = false;
    this.#noteEnd(events);
    if ((events & EPOLLERR) !== 0 && this.#error === undefined) {
      // What was received before the reset can still be read.
      const errno = socketError(this.#fd);
      if (errno !== 0) {
        this.#error = errorOfErrno(errno);
        this.handler.failed(this.#error);
        return;
      }
    }
    if ((events & EPOLLOUT) !== 0 && this.#awaitsRoom) {
      this.#awaitsRoom = false;
      this.handler.writable();
      if (this.#fd < 0) return;
    }
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP)) !== 0) {
      this.handler.readable();
    }
  }

  /** Takes the events that came with the connect: no edge comes for them again. */
  onConnected(events: number): void {
    this.#noteEnd(events);
    // What comes later is an edge of its own.
    this.#drained = (events & EPOLLIN) === 0 && !this.#ended;
  }

  #noteEnd(events: number): void {
    if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) this.#ended = true;
  }

  read(into: Uint8Array): number {
    if (this.#fd < 0) return FAILED;
    if (this.#drained) return 0;
    let count: number;
    try {
      count = recv(this.#fd, into);
    } catch (error) {
      this.#error ??= errorOfSystem(error);
      return FAILED;
    }
    if (count === WOULD_BLOCK) {
      this.#drained = true;
      return this.#error === undefined ? 0 : FAILED;
    }
    if (count === 0) return this.#error === undefined ? END : FAILED;
    // A short read has emptied the queue: epoll(7), edge-triggered streams.
    if (count < into.length && !this.#ended) this.#drained = true;
    return count;
  }

  write(bytes: Uint8Array): number {
    if (this.#fd < 0 || this.#error !== undefined) return FAILED;
    let count: number;
    try {
      count = send(this.#fd, bytes);
    } catch (error) {
      this.#error ??= errorOfSystem(error);
      return FAILED;
    }
    if (count === bytes.length) return count;
    this.#awaitsRoom = true;
    if (!this.#watchesRoom) {
      this.#watchesRoom = true;
      this.#loop.modify(this.#fd, READ_EVENTS | EPOLLOUT);
    }
    return count === WOULD_BLOCK ? 0 : count;
  }

  closeWrite(): void {
    if (this.#fd < 0) return;
    try {
      shutdownWrite(this.#fd);
    } catch (error) {
      this.#error ??= errorOfSystem(error);
    }
  }

  ref(): void {
    if (this.#fd >= 0) this.#loop.ref(this.#fd);
  }

  unref(): void {
    if (this.#fd >= 0) this.#loop.unref(this.#fd);
  }

  close(): void {
    this.#end(closeFd);
  }

  reset(): void {
    // A conn that the peer has reset is over already.
    this.#end(this.#error === undefined ? resetFd : closeFd);
  }

  /** Leaves what is behind the descriptor to somebody else. */
  release(): void {
    // It is not closed, so the loop would go on to wait for it.
    this.#loop.remove(this.#fd);
    this.#end(closeFd);
  }

  #end(how: (fd: number) => void): void {
    const fd = this.#fd;
    if (fd < 0) return;
    this.beforeEnd?.(fd);
    this.#fd = -1;
    this.#loop.removeClosing(fd);
    how(fd);
    this.handler = IGNORE;
    this.#error ??= CLOSED;
  }
}

const CLOSED = new TunnelError("closed", "the conn is closed");
