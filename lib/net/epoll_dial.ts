import {
  closeFd,
  EPOLLERR,
  EPOLLHUP,
  EPOLLOUT,
  ERRNO,
  IPPROTO_TCP,
  packSockaddr,
  setOption,
  socketError,
  startConnect,
  startFastOpen,
  SyscallError,
  TCP_NODELAY,
  tcpInfo,
  tcpSocket,
} from "../../ffi/mod.ts";
import type { DialAddressOptions, Dialed } from "./backend.ts";
import type { SocketAddress } from "./conn.ts";
import { EpollConn, READ_EVENTS } from "./epoll_conn.ts";
import {
  FAST_OPEN_OFF,
  type FastOpenOutcome,
  isPaused,
  outcomeOfDial,
} from "./fast_open.ts";
import type { LoopView } from "./shared_loop.ts";
import { errorOfErrno, errorOfSystem } from "./system_error.ts";

/** Whether Fast Open was used for the dial. */
type Tried = "no" | "yes" | "unsupported";

/** One dial, from its SYN to its conn. */
export class EpollDial {
  /** The conn, or why there is none. */
  readonly dialed: Promise<Dialed>;
  readonly #loop: LoopView;
  readonly #options: DialAddressOptions;
  readonly #resolve: (dialed: Dialed) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort = () => this.#giveUp(this.#options.signal!.reason);
  #fd = -1;
  #tried: Tried = "no";
  /** How many of the first bytes the SYN carried. */
  #sent = 0;

  /** Sends the SYN at once. */
  constructor(
    loop: LoopView,
    address: SocketAddress,
    options: DialAddressOptions,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Dialed>();
    this.dialed = promise;
    this.#loop = loop;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
    const { signal } = options;
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    try {
      this.#fd = tcpSocket(address.host);
      setOption(this.#fd, IPPROTO_TCP, TCP_NODELAY, 1);
      this.#start(packSockaddr(address));
      loop.add(
        this.#fd,
        READ_EVENTS | EPOLLOUT,
        (events) => this.#onConnected(events),
      );
      signal?.addEventListener("abort", this.#onAbort, { once: true });
    } catch (error) {
      if (this.#fd >= 0) closeFd(this.#fd);
      reject(errorOfSystem(error));
    }
  }

  #start(packed: Uint8Array<ArrayBuffer>): void {
    const { first, fastOpen = false, synFailed } = this.#options;
    if (!fastOpen || first === undefined || first.length === 0) {
      return startConnect(this.#fd, packed);
    }
    try {
      this.#sent = startFastOpen(this.#fd, packed, first);
      this.#tried = "yes";
    } catch (error) {
      if (!(error instanceof SyscallError) || !refusesFastOpen(error.errno)) {
        // On loopback the answer may be there before the call returns.
        if (errorOfSystem(error).code === "refused") synFailed?.(false);
        throw error;
      }
      startConnect(this.#fd, packed);
      this.#tried = "unsupported";
    }
  }

  #onConnected(events: number): void {
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    if ((events & (EPOLLERR | EPOLLHUP)) !== 0) {
      const errno = socketError(this.#fd);
      if (errno !== 0) return this.#giveUp(errorOfErrno(errno));
    }
    const conn = new EpollConn(this.#loop, this.#fd, this.#outcome(), true);
    // With TCP Fast Open the answer and its end may be here already.
    conn.onConnected(events);
    this.#loop.rebind(this.#fd, (later) => conn.onEvents(later));
    this.#resolve({ conn, sent: this.#sent });
  }

  #outcome(): FastOpenOutcome {
    switch (this.#tried) {
      case "yes":
        return outcomeOfDial(tcpInfo(this.#fd), this.#sent);
      case "unsupported":
        return { result: "unsupported", rttUs: 0 };
      case "no":
        return this.#options.plain ?? FAST_OPEN_OFF;
    }
  }

  #giveUp(reason: unknown): void {
    const fd = this.#fd;
    if (this.#tried === "yes" && !isPaused(tcpInfo(fd), this.#sent)) {
      this.#options.synFailed?.(this.#sent > 0);
    }
    this.#loop.removeClosing(fd);
    closeFd(fd);
    this.#reject(reason);
  }
}

/** EOPNOTSUPP: the sysctl has it off. EPIPE: the kernel does not know the flag
 * and sees a send on a socket that is not connected. */
function refusesFastOpen(errno: number): boolean {
  return errno === ERRNO.EOPNOTSUPP || errno === ERRNO.EPIPE ||
    errno === ERRNO.ENOTCONN;
}
