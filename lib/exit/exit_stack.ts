import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { Dialer } from "../dial/dialer.ts";
import { directDialer } from "../dial/direct_dialer.ts";
import type { FastOpenMemory } from "../dial/fast_open_memory.ts";
import { withUpstreamProxy } from "../dial/upstream_proxy.ts";
import type { Backend } from "../net/backend.ts";
import { fastOpenSupport } from "../net/fast_open.ts";
import { Resolver } from "../net/resolver.ts";
import type { SessionOptions } from "../session/session.ts";
import { Exit } from "./exit.ts";
import { UdpExit } from "./udp_exit.ts";

/** How targets are reached. */
export interface ExitStackOptions {
  /** Where sockets come from. */
  backend: Backend;
  /** Put first bytes into SYNs, where the platform can. */
  fastOpen: boolean;
  /** Do so with any first bytes, not only those that may arrive twice. */
  anyBytes: boolean;
  /** Knows where Fast Open is to be left alone. */
  memory: FastOpenMemory;
  /** Dial TCP targets through this proxy. @default directly */
  upstreamProxy?: string | undefined;
  /**
   * How long an association may be without datagrams, in milliseconds. @default
   * {300000}
   */
  udpIdleMs?: number | undefined;
  logger: Logger;
  observer: Observer;
}

/**
 * All that targets are reached with, TCP and UDP: the chain of dialers, and the
 * exit for datagrams. One for all sessions of a role.
 */
export class ExitStack {
  readonly #options: ExitStackOptions;
  readonly #dialer: Dialer;
  readonly #udp: UdpExit;

  /** @throws {ConfigError} if `upstreamProxy` is not the URL of a proxy */
  constructor(options: ExitStackOptions) {
    const { backend, memory, anyBytes, logger, observer } = options;
    const { udpIdleMs: idleMs } = options;
    const resolver = new Resolver();
    const direct = directDialer(backend, resolver, {
      fastOpen: options.fastOpen && fastOpenSupport().dial.supported,
      anyBytes,
      synFailed: () => observer({ type: "synFailed", hop: "target" }),
      memory,
    });
    this.#options = options;
    this.#dialer = withUpstreamProxy(direct, options.upstreamProxy, logger);
    this.#udp = new UdpExit({ backend, resolver, idleMs, logger, observer });
  }

  /**
   * What a session needs to let its peer open channels; each session has its own.
   *
   * @param logger Where to say what happens on it
   */
  sessionOptions(
    logger: Logger = this.#options.logger,
  ): Pick<SessionOptions, "accept" | "acceptDatagrams"> {
    const { observer } = this.#options;
    const exit = new Exit({ dialer: this.#dialer, logger, observer });
    return {
      accept: (channel, target) => exit.accept(channel, target),
      acceptDatagrams: this.#udp.accept,
    };
  }
}
