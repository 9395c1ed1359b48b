import {
  closeFd,
  IPPROTO_TCP,
  packSockaddr,
  recv,
  send,
  setOption,
  type SocketAddress,
  socketError,
  startConnect,
  startFastOpen,
  TCP_NODELAY,
  tcpSocket,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import type { AskingConn } from "./asking_conn.ts";
import { poll, POLLIN, POLLOUT } from "./poll.ts";

/** More than the origin answers. */
const ANSWER_BYTES = 4096;

/** A conn for an app that does nothing else meanwhile; disposing of it closes it. */
export class BlockingConn implements AskingConn {
  readonly #fd: number;
  readonly #deadline: number;

  /** Dials and sends the first bytes; all must be over after `deadlineMs`. */
  constructor(
    address: SocketAddress,
    first: Uint8Array,
    fastOpen: boolean,
    deadlineMs: number,
  ) {
    this.#deadline = performance.now() + deadlineMs;
    this.#fd = tcpSocket(address.host);
    try {
      setOption(this.#fd, IPPROTO_TCP, TCP_NODELAY, 1);
      const packed = packSockaddr(address);
      let sent = 0;
      if (fastOpen) sent = startFastOpen(this.#fd, packed, first);
      else startConnect(this.#fd, packed);
      // What is in the SYN needs no waiting; the answer says that we are connected.
      if (sent === first.length) return;
      this.#wait(POLLOUT);
      this.write(first.subarray(sent));
    } catch (error) {
      closeFd(this.#fd);
      throw error;
    }
  }

  #wait(events: number): void {
    const leftMs = this.#deadline - performance.now();
    if (leftMs <= 0 || poll([this.#fd], events, leftMs).length === 0) {
      throw new Error("no answer in time");
    }
    const errno = socketError(this.#fd);
    if (errno !== 0) throw new Error(`errno ${errno}`);
  }

  write(bytes: Uint8Array): void {
    send(this.#fd, bytes);
  }

  skip(count: number): void {
    while (count > 0) count -= this.#read(new Uint8Array(count));
  }

  firstByteAt(): number {
    // All that is there, as a close with unread bytes would be a reset.
    this.#read(new Uint8Array(ANSWER_BYTES));
    return performance.now();
  }

  #read(into: Uint8Array): number {
    for (;;) {
      const count = recv(this.#fd, into);
      if (count === 0) throw new Error("the conn ended");
      if (count !== WOULD_BLOCK) return count;
      this.#wait(POLLIN);
    }
  }

  [Symbol.dispose](): void {
    closeFd(this.#fd);
  }
}
