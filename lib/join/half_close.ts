import type { Channel } from "../session/channel.ts";

/** How long the last bytes of a failed peer may take to be delivered. */
const DELIVER_MS = 5000;
/** How long a half-closed channel of an old peer is kept after its last byte. */
const HALF_CLOSED_IDLE_MS = 60_000;

/**
 * Decides what happens to a channel when only one direction ends.
 *
 * Old peers know only one end for both directions. So the end of one direction
 * ends their channel, unless an answer is expected: then the channel is kept
 * until the answer ends or pauses for a minute.
 */
export class HalfClose {
  readonly #idle: () => void;
  #awaitsAnswer = false;
  #halfClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `idle` is called when a half-closed channel has been silent for too long. */
  constructor(idle: () => void) {
    this.#idle = idle;
  }

  /** Records that the peer was sent something. */
  sent(): void {
    this.#awaitsAnswer = true;
  }

  /** Records that the peer sent something. */
  heard(): void {
    this.#awaitsAnswer = false;
    if (this.#halfClosed) this.#restart();
  }

  /**
   * Nothing more is to be sent.
   *
   * @param peerEnded The peer has ended its direction already
   * @returns whether the peer can be told just that; if not, end the channel
   */
  mayEnd(channel: Channel, peerEnded: boolean): boolean {
    if (channel.v1 || peerEnded) return true;
    if (channel.opener === "peer" || !this.#awaitsAnswer) return false;
    this.#halfClosed = true;
    this.#restart();
    return true;
  }

  /** The peer has failed: `giveUp` is called unless all was delivered soon. */
  deliver(giveUp: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(giveUp, DELIVER_MS);
  }

  /** Stops all timers. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#idle, HALF_CLOSED_IDLE_MS);
  }
}
