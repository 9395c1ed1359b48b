import type { Target } from "../base/address.ts";
import type { Channel, ChannelOwner } from "../session/channel.ts";
import { type ExitOptions, ExitRequest } from "./exit_request.ts";

export type { ExitOptions };

/**
 * The side that dials targets. One per session, since it learns whether its
 * peer sends early: then requests wait a moment for first bytes to put into the
 * SYN.
 */
export class Exit {
  readonly #options: ExitOptions;
  #peerSendsEarly = false;

  /** An exit for one session. */
  constructor(options: ExitOptions) {
    this.#options = options;
  }

  /** Takes a channel: dials its target and joins the two. */
  accept(channel: Channel, target: Target): ChannelOwner {
    const request = new ExitRequest(this.#options, channel, target, {
      waits: !channel.v1 && this.#peerSendsEarly,
      sentEarly: () => this.#peerSendsEarly = true,
    });
    return request.owner;
  }
}
