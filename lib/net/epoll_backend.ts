import {
  closeFd,
  IPPROTO_TCP,
  listenTcp,
  listenUnix,
  setOption,
  TCP_NODELAY,
} from "../../ffi/mod.ts";
import type { Logger } from "../base/logger.ts";
import type {
  Backend,
  DialAddressOptions,
  Dialed,
  Listener,
  ListenHandler,
  ListenOptions,
} from "./backend.ts";
import type { SocketAddress } from "./conn.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";
import { EpollDatagrams } from "./epoll_datagrams.ts";
import { EpollDial } from "./epoll_dial.ts";
import { acceptFastOpen, EpollListener } from "./epoll_listener.ts";
import { EpollRuntimeSockets } from "./epoll_runtime_sockets.ts";
import { LoopView } from "./shared_loop.ts";
import { errorOfSystem } from "./system_error.ts";

/** Sockets through the system calls of `ffi/` and the shared epoll loop. */
export class EpollBackend implements Backend {
  readonly name = "epoll";
  readonly runtime = new EpollRuntimeSockets();
  readonly #loop: LoopView;

  /** Opens nothing until it is used. */
  constructor(logger: Logger) {
    this.#loop = new LoopView((error) =>
      logger.error("Unexpected error in a handler", { error })
    );
  }

  idle(): Promise<void> {
    return this.#loop.idle();
  }

  atTurnEnd(task: () => void): void {
    this.#loop.atTurnEnd(task);
  }

  listen(options: ListenOptions, handler: ListenHandler): Listener {
    const { fastOpen = false, reusePort = false } = options;
    let fd = -1;
    try {
      fd = listenTcp(options, { reusePort });
      // Inherited by what it accepts.
      setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
      if (fastOpen) acceptFastOpen(fd);
      return new EpollListener(this.#loop, fd, handler, fastOpen);
    } catch (error) {
      if (fd >= 0) closeFd(fd);
      throw errorOfSystem(error);
    }
  }

  listenUnix(path: string, handler: ListenHandler): Listener {
    let fd = -1;
    try {
      fd = listenUnix(path);
      return new EpollListener(this.#loop, fd, handler, false);
    } catch (error) {
      if (fd >= 0) closeFd(fd);
      throw errorOfSystem(error);
    }
  }

  dial(
    address: SocketAddress,
    options: DialAddressOptions = {},
  ): Promise<Dialed> {
    return new EpollDial(this.#loop, address, options).dialed;
  }

  bindDatagrams(
    address: SocketAddress,
    handler: DatagramHandler,
  ): Promise<DatagramSocket> {
    return Promise.try(() => new EpollDatagrams(this.#loop, address, handler))
      .catch((error) => Promise.reject(errorOfSystem(error)));
  }
}
