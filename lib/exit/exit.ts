import { type Deadline, Deadlines } from "../base/deadlines.ts";
import { errorCode, errorText, TunnelError } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import { formatTarget, type Target } from "../base/address.ts";
import type { Dialer } from "../dial/dialer.ts";
import type { Conn } from "../net/conn.ts";
import { wasAttempted } from "../net/fast_open.ts";
import type { Channel, ChannelOwner } from "../session/channel.ts";
import { Splice } from "../join/splice.ts";
import { FLAG_TFO_ACKED, FLAG_TFO_ATTEMPTED } from "../wire/messages.ts";

/** What an exit needs. */
export interface ExitOptions {
  /** Dials targets. */
  dialer: Dialer;
  /** Where to say what happens. */
  logger: Logger;
  /** Who is told what happens. */
  observer: Observer;
}

/** Look-up and all attempts together. */
const DIAL_DEADLINE_MS = 10_000;
/** An old client that sends early has its first bytes right behind CONNECT. */
const FIRST_BYTES_WAIT_MS = 2;

/** Nobody waits for the dial any more. */
const OVER = new TunnelError("closed", "the channel is over");

/** An answer to what the SYN carried is right behind the SYN-ACK, if the target
 * does not have to think. */
const ANSWER_WAIT_MS = 5;

const DIAL_DEADLINES = new Deadlines(DIAL_DEADLINE_MS);
const FIRST_BYTES_WAITS = new Deadlines(FIRST_BYTES_WAIT_MS);
const ANSWER_WAITS = new Deadlines(ANSWER_WAIT_MS);

/** What is read before the splice may; used within one call. */
const SCRATCH = new Uint8Array(65_536);

/**
 * The side that dials targets. One per session, since it learns whether its peer
 * sends early: then it waits a moment for the first bytes, for the SYN.
 */
export class Exit {
  readonly #options: ExitOptions;
  #peerSendsEarly = false;

  /** Dials nothing yet. */
  constructor(options: ExitOptions) {
    this.#options = options;
  }

  /** Takes a channel: dials its target and joins the two. */
  accept(channel: Channel, target: Target): ChannelOwner {
    const { v1 } = channel;
    const giveUp = new AbortController();
    let state: "waits" | "dials" | "dialled" = "waits";
    let wait: Deadline | undefined;
    const dial = (): void => {
      FIRST_BYTES_WAITS.cancel(wait);
      if (state !== "waits" || giveUp.signal.aborted) return;
      state = "dials";
      this.#dial(channel, target, splice, giveUp.signal).finally(() => {
        state = "dialled";
        DIAL_DEADLINES.cancel(deadline);
      });
    };
    const splice = new Splice({
      started: () => {
        if (v1 || !this.#peerSendsEarly) dial();
        else wait = FIRST_BYTES_WAITS.add(dial);
      },
      finished: () => {
        DIAL_DEADLINES.cancel(deadline);
        FIRST_BYTES_WAITS.cancel(wait);
        if (state !== "dialled") giveUp.abort(OVER);
        splice.onNews?.();
      },
    });
    splice.setChannel(channel);
    splice.onQueued = () => {
      if (v1) return;
      this.#peerSendsEarly = true;
      dial();
    };
    const deadline = DIAL_DEADLINES.add(() =>
      giveUp.abort(new TunnelError("timeout", "i/o timeout"))
    );
    return splice;
  }

  async #dial(
    channel: Channel,
    target: Target,
    splice: Splice,
    signal: AbortSignal,
  ): Promise<void> {
    const { dialer, observer, logger } = this.#options;
    try {
      const first = splice.peekQueue();
      const { conn, sent } = await dialer.dial(target, { first, signal });
      const { result, rttUs, reason } = conn.fastOpen;
      observer({ type: "syn", hop: "target", result, rttUs });
      logger.debug("Dialled", {
        ...{ target: formatTarget(target), syn: result },
        ...(result === "avoided" ? { because: reason } : {}),
      });
      const flags = (wasAttempted(conn.fastOpen) ? FLAG_TFO_ATTEMPTED : 0) |
        (result === "acknowledged" ? FLAG_TFO_ACKED : 0);
      const accept = () => channel.accept(flags);
      if (result === "acknowledged") acceptWithAnswer(conn, splice, accept);
      else accept();
      splice.attach(conn, sent);
    } catch (error) {
      observer({ type: "dialFailed", code: errorCode(error) });
      logger.debug("Cannot dial", {
        target: formatTarget(target),
        error: errorText(error),
      });
      channel.refuse(errorText(error));
      splice.abort("dial failed");
    }
  }
}

/**
 * An app whose first bytes were in the SYN waits for the answer only. What says
 * that the target was reached goes with it: on its own it would keep the other end
 * busy just when the answer comes.
 */
function acceptWithAnswer(
  conn: Conn,
  splice: Splice,
  accept: () => void,
): void {
  const count = conn.read(SCRATCH);
  if (count !== 0) {
    if (count > 0) splice.unread(SCRATCH.slice(0, count));
    return accept();
  }
  const wait = ANSWER_WAITS.add(() => {
    splice.onNews = undefined;
    accept();
  });
  splice.onNews = () => {
    ANSWER_WAITS.cancel(wait);
    accept();
  };
}
