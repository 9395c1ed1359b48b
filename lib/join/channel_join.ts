import type { Target } from "../base/address.ts";
import { errorText, TunnelError } from "../base/errors.ts";
import { MAX_FIRST_BYTES } from "../wire/limits.ts";
import type { Channel, ChannelOwner } from "../session/channel.ts";
import { JoinEnd } from "./join_end.ts";
import type { Session } from "../session/session.ts";

/** Events of a join. */
export interface ChannelJoinEvents {
  /** The bytes that came with the connector's request are here. */
  started?(): void;
  /** Bytes of the connector wait. */
  queued?(): void;
  /** All is over; called once. */
  finished?(): void;
}

/** First bytes between two sessions; used within one call. */
const SCRATCH = new Uint8Array(MAX_FIRST_BYTES);

/**
 * Joins two channels of two sessions at a relay: the near one, opened by a
 * connector, and the far one, which is opened to a provider.
 *
 * Bytes of one are pulled into frames of the other, and only then the sender
 * gets credit: each hop has its own windows, and bytes that wait count at the
 * session they came from. The far channel may come later than the near one:
 * bytes wait in order meanwhile.
 */
export class ChannelJoin {
  /** What the connector wants to reach. */
  readonly target: Target;
  readonly #near: JoinEnd;
  readonly #far: JoinEnd;
  #finished = false;

  /** Takes the connector's channel; the far one is opened by `connect`. */
  constructor(
    channel: Channel,
    target: Target,
    events: ChannelJoinEvents = {},
  ) {
    this.target = target;
    const finished = (): void => {
      if (this.#finished) return;
      this.#finished = true;
      events.finished?.();
    };
    this.#near = new JoinEnd({
      finished,
      started: () => events.started?.(),
      queued: () => events.queued?.(),
    });
    this.#far = new JoinEnd({
      finished,
      opened: ({ flags }) => channel.accept(flags),
    });
    this.#near.setChannel(channel);
    JoinEnd.join(this.#near, this.#far);
  }

  /** The owner of the connector's channel. */
  get owner(): ChannelOwner {
    return this.#near;
  }

  /** Whether `connect` or `refuse` is still to come. */
  get isWaiting(): boolean {
    return !this.#near.isOver && this.#far.channel === undefined;
  }

  /** Opens the far channel; bytes that wait go with the request. */
  connect(session: Session): void {
    if (!this.isWaiting) return;
    const first = SCRATCH.subarray(0, this.#near.take(SCRATCH));
    try {
      const channel = session.open(this.target, this.#far, { first });
      this.#far.setChannel(channel, first.length);
    } catch (error) {
      return this.refuse(errorText(error));
    }
    this.#far.wake();
  }

  /** Tells the connector that no provider can dial. */
  refuse(reason: string): void {
    if (this.isWaiting) {
      this.#near.leave(new TunnelError("unavailable", reason));
    }
  }
}
