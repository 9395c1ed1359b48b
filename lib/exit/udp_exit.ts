import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { Backend } from "../net/backend.ts";
import { bindAnyFamily } from "../net/bind_datagrams.ts";
import type { Resolver } from "../net/resolver.ts";
import type {
  DatagramChannel,
  DatagramOwner,
} from "../session/datagram_channel.ts";
import { DatagramTally } from "../join/datagram_tally.ts";
import { type HoldBudget, holdBudget } from "../join/held_datagrams.ts";
import { UdpFlow } from "./udp_flow.ts";
import { UdpNames } from "./udp_names.ts";

/** Options of all associations of an exit. */
export interface UdpExitOptions {
  /** Where sockets come from. */
  backend: Backend;
  /** Resolves names of targets. */
  resolver: Resolver;
  /**
   * How long an association may be without datagrams, in milliseconds. @default
   * {300000}
   */
  idleMs?: number | undefined;
  logger: Logger;
  observer: Observer;
}

const IDLE_MS = 5 * 60_000;

/**
 * The side that sends datagrams to targets; one for all sessions. Give its
 * `accept` to sessions as `acceptDatagrams`.
 */
export class UdpExit {
  readonly #options: UdpExitOptions;
  readonly #tally: DatagramTally;
  readonly #names: UdpNames;
  readonly #budget: HoldBudget = holdBudget();

  constructor(options: UdpExitOptions) {
    this.#options = options;
    this.#tally = new DatagramTally(options.observer);
    this.#names = new UdpNames(options.resolver);
  }

  /** Takes a channel: opens a socket for it. */
  readonly accept = (channel: DatagramChannel): DatagramOwner => {
    const { backend, idleMs = IDLE_MS, logger } = this.#options;
    const tally = this.#tally;
    tally.began();
    const flow = new UdpFlow({
      channel,
      names: this.#names,
      idleMs,
      tally,
      budget: this.#budget,
      finished: (reason) => {
        tally.ended(reason);
        logger.debug("A UDP association is over", { reason });
      },
    });
    bindAnyFamily(backend, flow).then(
      (socket) => flow.begin(socket),
      (error) => {
        logger.warn("Cannot open a UDP socket", { error: error.message });
        flow.refuse(error.message);
      },
    );
    return flow;
  };
}
