import type { Channel } from "../session/channel.ts";

/** What a failed peer has left behind may take so long to be delivered. */
const DELIVER_MS = 5000;
/** A half-closed channel of an old peer is kept so long after its last byte. */
const HALF_CLOSED_IDLE_MS = 60_000;

/**
 * Decides what becomes of a channel when only one direction ends.
 *
 * An old peer knows one end for both directions. So a channel to it is ended as a
 * whole, unless an answer is awaited: then it is kept until the answer has ended,
 * or has paused for a minute.
 */
export class HalfClose {
  readonly #idle: () => void;
  #awaitsAnswer = false;
  #halfClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `idle` is called when a half-closed channel has to be given up. */
  constructor(idle: () => void) {
    this.#idle = idle;
  }

  /** The peer was sent something. */
  sent(): void {
    this.#awaitsAnswer = true;
  }

  /** The peer has sent something. */
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

  /** All is over: nobody is called any more. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#idle, HALF_CLOSED_IDLE_MS);
  }
}
