import { formatTarget, type Target } from "../base/address.ts";
import { type Deadline, Deadlines } from "../base/deadlines.ts";
import { errorCode, errorText, TunnelError } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { Dialer } from "../dial/dialer.ts";
import { Splice } from "../join/splice.ts";
import type { Conn } from "../net/conn.ts";
import { type FastOpenOutcome, wasAttempted } from "../net/fast_open.ts";
import type { Channel, ChannelOwner } from "../session/channel.ts";
import { FLAG_TFO_ACKED, FLAG_TFO_ATTEMPTED } from "../wire/messages.ts";

/** What an exit needs. */
export interface ExitOptions {
  /** Dials targets. */
  dialer: Dialer;
  logger: Logger;
  observer: Observer;
}

/** How a request deals with first bytes that do not come with it. */
export interface EarlyBytes {
  /** Wait a moment for them. */
  waits: boolean;
  /** They came before the target was reached, from an old peer. */
  sentEarly(): void;
}

/** Deadline for lookup and all attempts together. */
const DIAL_DEADLINE_MS = 10_000;
/**
 * How long to wait for first bytes of an old client that sends them right after
 * CONNECT.
 */
const FIRST_BYTES_WAIT_MS = 2;
/**
 * How long to hold CONNECT_RESPONSE for an answer to SYN data; a fast target's
 * answer follows the SYN-ACK at once.
 */
const ANSWER_WAIT_MS = 5;

const DIAL_DEADLINES = new Deadlines(DIAL_DEADLINE_MS);
const FIRST_BYTES_WAITS = new Deadlines(FIRST_BYTES_WAIT_MS);
const ANSWER_WAITS = new Deadlines(ANSWER_WAIT_MS);

/** Reason for canceling a dial when its channel is over. */
const OVER = new TunnelError("closed", "the channel is over");

/** Bytes read ahead of the splice; used within one call. */
const SCRATCH = new Uint8Array(65_536);

/** One channel at the exit: waits for first bytes, dials, is joined. */
export class ExitRequest {
  readonly #options: ExitOptions;
  readonly #channel: Channel;
  readonly #target: Target;
  readonly #splice: Splice;
  readonly #giveUp = new AbortController();
  readonly #deadline: Deadline;
  #state: "awaits first bytes" | "dials" | "dialed" = "awaits first bytes";
  #firstBytesWait: Deadline | undefined;
  /** Set while CONNECT_RESPONSE is held back: sends it. */
  #respond: (() => void) | undefined;

  /** Dials once the channel has started. */
  constructor(
    options: ExitOptions,
    channel: Channel,
    target: Target,
    { waits, sentEarly }: EarlyBytes,
  ) {
    this.#options = options;
    this.#channel = channel;
    this.#target = target;
    this.#splice = new Splice({
      started: () => {
        if (!waits) return this.#dial();
        this.#firstBytesWait = FIRST_BYTES_WAITS.add(() => this.#dial());
      },
      queued: () => {
        // What a peer with the extension has for the SYN came with its request.
        if (channel.v1) return;
        sentEarly();
        this.#dial();
      },
      news: () => this.#respond?.(),
      finished: () => this.#finished(),
    });
    this.#splice.setChannel(channel);
    this.#deadline = DIAL_DEADLINES.add(() =>
      this.#giveUp.abort(new TunnelError("timeout", "i/o timeout"))
    );
  }

  /** Who stands behind the channel. */
  get owner(): ChannelOwner {
    return this.#splice;
  }

  async #dial(): Promise<void> {
    const { signal } = this.#giveUp;
    if (this.#state !== "awaits first bytes" || signal.aborted) return;
    this.#state = "dials";
    FIRST_BYTES_WAITS.cancel(this.#firstBytesWait);
    const { dialer, observer, logger } = this.#options;
    const target = formatTarget(this.#target);
    try {
      const first = this.#splice.peek();
      const { conn, sent } = await dialer.dial(this.#target, { first, signal });
      const { result: syn, rttUs, reason: because } = conn.fastOpen;
      observer({ type: "syn", hop: "target", result: syn, rttUs });
      logger.debug("Dialed", {
        ...{ target, syn },
        ...(syn === "avoided" ? { because } : {}),
      });
      this.#dialed();
      this.#accept(conn);
      this.#splice.attach(conn, sent);
    } catch (error) {
      this.#dialed();
      const reason = errorText(error);
      observer({ type: "dialFailed", code: errorCode(error) });
      logger.debug("Cannot dial", { target, error: reason });
      this.#channel.refuse(reason);
      this.#splice.abort("dial failed");
    }
  }

  #dialed(): void {
    this.#state = "dialed";
    DIAL_DEADLINES.cancel(this.#deadline);
  }

  /**
   * Says that the target was reached.
   *
   * An app whose first bytes were in the SYN waits for the answer only. What says
   * that the target was reached goes with it: on its own it would keep the other
   * end busy just when the answer comes.
   */
  #accept(conn: Conn): void {
    const flags = flagsOf(conn.fastOpen);
    if ((flags & FLAG_TFO_ACKED) === 0) return this.#channel.accept(flags);
    const count = conn.read(SCRATCH);
    if (count !== 0) {
      if (count > 0) this.#splice.unread(SCRATCH.slice(0, count));
      return this.#channel.accept(flags);
    }
    const wait = ANSWER_WAITS.add(() => this.#respond?.());
    this.#respond = () => {
      this.#respond = undefined;
      ANSWER_WAITS.cancel(wait);
      this.#channel.accept(flags);
    };
  }

  #finished(): void {
    DIAL_DEADLINES.cancel(this.#deadline);
    FIRST_BYTES_WAITS.cancel(this.#firstBytesWait);
    if (this.#state !== "dialed") this.#giveUp.abort(OVER);
    this.#respond?.();
  }
}

function flagsOf(fastOpen: FastOpenOutcome): number {
  return (wasAttempted(fastOpen) ? FLAG_TFO_ATTEMPTED : 0) |
    (fastOpen.result === "acknowledged" ? FLAG_TFO_ACKED : 0);
}
