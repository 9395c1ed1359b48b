import {
  accept,
  closeFd,
  EPOLLIN,
  IPPROTO_TCP,
  localAddress,
  setOption,
  TCP_FASTOPEN,
  tcpInfo,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import type { Listener, ListenHandler } from "./backend.ts";
import type { SocketAddress } from "./conn.ts";
import { EpollConn, READ_EVENTS } from "./epoll_conn.ts";
import {
  awaitsRoundTrip,
  FAST_OPEN_OFF,
  type FastOpenOutcome,
  outcomeOfAccept,
} from "./fast_open.ts";
import type { LoopView } from "./shared_loop.ts";
import { errorOfSystem } from "./system_error.ts";

/** Fast Open requests that may wait at a listener before SYN data is refused. */
const FAST_OPEN_QUEUE = 1024;
/** Conns accepted per turn, so that other sockets get theirs. */
const ACCEPTS_PER_TURN = 128;
/** Wait before accepting again after descriptors ran out. */
const ACCEPT_RETRY_MS = 100;

/** Accepts conns on a listening descriptor. */
export class EpollListener implements Listener {
  readonly addr: SocketAddress;
  readonly #loop: LoopView;
  readonly #fd: number;
  readonly #handler: ListenHandler;
  readonly #fastOpen: boolean;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /**
   * Takes over `fd`, unless it throws.
   *
   * @param fastOpen SYNs may carry data: look at each conn for what its SYN did
   */
  constructor(
    loop: LoopView,
    fd: number,
    handler: ListenHandler,
    fastOpen: boolean,
  ) {
    this.#loop = loop;
    this.#fd = fd;
    this.#handler = handler;
    this.#fastOpen = fastOpen;
    this.addr = localAddress(fd)!;
    loop.add(fd, EPOLLIN, () => this.#onReadable());
  }

  ref(): void {
    if (!this.#closed) this.#loop.ref(this.#fd);
  }

  unref(): void {
    if (!this.#closed) this.#loop.unref(this.#fd);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#loop.removeClosing(this.#fd);
    closeFd(this.#fd);
  }

  #onReadable(): void {
    for (let i = 0; i < ACCEPTS_PER_TURN; i++) {
      let accepted: number;
      try {
        accepted = accept(this.#fd);
      } catch (error) {
        this.#acceptLater();
        this.#handler.acceptFailed(errorOfSystem(error));
        return;
      }
      if (accepted === WOULD_BLOCK) return;
      this.#accepted(accepted);
      if (this.#closed) return;
    }
    // More may wait: the edge comes again in the next turn.
    this.#loop.modify(this.#fd, EPOLLIN);
  }

  /** The edge is gone; ask again when descriptors may be free. A conn that comes
   * meanwhile is an edge too, and may fail as well. */
  #acceptLater(): void {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.#loop.modify(this.#fd, EPOLLIN),
      ACCEPT_RETRY_MS,
    );
  }

  #accepted(fd: number): void {
    const outcome = this.#fastOpen ? inspectAccepted(fd) : FAST_OPEN_OFF;
    const conn = new EpollConn(this.#loop, fd, outcome, false);
    const handler = this.#handler;
    if (handler.measured && awaitsRoundTrip(outcome)) {
      conn.beforeEnd = (fd) => {
        const { rttUs } = inspectAccepted(fd);
        if (rttUs > 0) handler.measured!(rttUs);
      };
    }
    this.#loop.add(fd, READ_EVENTS, (events) => conn.onEvents(events));
    handler.accepted(conn);
  }
}

/** What the SYN of an accepted conn did. */
export function inspectAccepted(fd: number): FastOpenOutcome {
  try {
    return outcomeOfAccept(tcpInfo(fd));
  } catch {
    // The peer may be gone already; then there is nothing to know.
    return FAST_OPEN_OFF;
  }
}

/** Lets SYNs to a listener carry data, if the system can. */
export function acceptFastOpen(fd: number): void {
  try {
    // Whatever the kernel's setting is: it is asked again at each SYN.
    setOption(fd, IPPROTO_TCP, TCP_FASTOPEN, FAST_OPEN_QUEUE);
  } catch {
    // Old kernels and some sandboxes: plain connections still work, and
    // `fastOpenSupport` has told the user.
  }
}
