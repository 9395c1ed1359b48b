import { formatTarget, type Target } from "../base/address.ts";
import { type Deadline, Deadlines } from "../base/deadlines.ts";
import type { Logger } from "../base/logger.ts";
import { ChannelJoin } from "../join/channel_join.ts";
import type { Channel, ChannelOwner } from "../session/channel.ts";
import type {
  DatagramChannel,
  DatagramOwner,
} from "../session/datagram_channel.ts";
import { DatagramJoin } from "../join/datagram_join.ts";
import type { Session } from "../session/session.ts";
import type { Providers } from "./providers.ts";

/** What a relay needs. */
export interface AgentRelayOptions {
  /** Who dials. */
  providers: Providers;
  /** How long a request waits for a provider, in milliseconds. */
  waitMs: number;
  logger: Logger;
}

/** What a connector is told when no provider is there, in the reference's words. */
const NOBODY = "no available reverse clients";
/**
 * How long to wait for first bytes of an old connector that sends them right
 * after CONNECT.
 */
const FIRST_BYTES_WAIT_MS = 2;

const FIRST_BYTES_WAITS = new Deadlines(FIRST_BYTES_WAIT_MS);

/**
 * Passes a connector's requests to a provider. One per session of a connector,
 * since it learns whether the peer sends early: if so, CONNECT waits a moment
 * for the first bytes, which a provider with the extension puts into its SYN.
 */
export class AgentRelay {
  readonly #options: AgentRelayOptions;
  #peerSendsEarly = false;

  constructor(options: AgentRelayOptions) {
    this.#options = options;
  }

  /** Takes a channel of the connector. */
  accept(channel: Channel, target: Target): ChannelOwner {
    const { v1 } = channel;
    let routed = false;
    let wait: Deadline | undefined;
    const route = (): void => {
      FIRST_BYTES_WAITS.cancel(wait);
      if (!routed) this.#route(join, formatTarget(target));
      routed = true;
    };
    const join = new ChannelJoin(channel, target, {
      started: () => {
        if (v1 || !this.#peerSendsEarly) route();
        else wait = FIRST_BYTES_WAITS.add(route);
      },
      queued: () => {
        if (v1) return;
        this.#peerSendsEarly = true;
        route();
      },
      finished: () => FIRST_BYTES_WAITS.cancel(wait),
    });
    return join.owner;
  }

  /** Takes an association of the connector. */
  acceptDatagrams(channel: DatagramChannel): DatagramOwner {
    const join = new DatagramJoin(channel);
    this.#route(join, "udp");
    return join;
  }

  async #route(
    join: {
      readonly isWaiting: boolean;
      connect(session: Session): void;
      refuse(reason: string): void;
    },
    target: string,
  ): Promise<void> {
    const { providers, waitMs, logger } = this.#options;
    const now = providers.pick();
    if (now) return join.connect(now);
    const session = await providers.next(waitMs);
    if (session) return join.connect(session);
    if (join.isWaiting) logger.debug("No provider for a request", { target });
    join.refuse(NOBODY);
  }
}
