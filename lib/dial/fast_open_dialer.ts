import { errorCode } from "../base/errors.ts";
import type { Backend, Dialed } from "../net/backend.ts";
import type { SocketAddress } from "../net/conn.ts";
import type { FastOpenOutcome } from "../net/fast_open.ts";
import type { Dialer, DialOptions } from "./dialer.ts";
import type { FastOpenLesson, FastOpenMemory } from "./fast_open_memory.ts";
import { isSafeToRepeat } from "./safe_to_repeat.ts";

/** RFC 6298, section 2: a SYN without an answer is sent again after this time. */
const SYN_REPEAT_MS = 1000;
/**
 * Errors that answer a SYN with data, maybe from a firewall and not from the
 * target.
 */
const ANSWERS: readonly string[] = ["refused", "reset", "unreachable"];
/** Outcome of a plain dial after one of `ANSWERS` to the SYN with data. */
const REFUSED_DATA: FastOpenOutcome = {
  result: "avoided",
  rttUs: 0,
  reason: "the SYN with data was refused, the one without was not",
};

/** When SYNs carry data. */
export interface FastOpenPolicy {
  /** Put first bytes into the SYN when they may arrive twice. @default {false} */
  fastOpen?: boolean;
  /** Put any first bytes into the SYN. @default {false} */
  anyBytes?: boolean;
  /** Called when a SYN that tried Fast Open led to no conn. */
  synFailed?: () => void;
  /** Knows where to avoid Fast Open. @default it is tried everywhere */
  memory?: FastOpenMemory;
}

/**
 * The last link of a chain of dialers: dials IP addresses, with the first bytes in
 * the SYN where its policy says so.
 *
 * An address that refuses data is dialed again without: a firewall may have
 * answered in its place.
 */
export class FastOpenDialer implements Dialer {
  readonly #backend: Backend;
  readonly #fastOpen: boolean;
  readonly #anyBytes: boolean;
  readonly #synFailed: (() => void) | undefined;
  readonly #memory: FastOpenMemory | undefined;

  /** Dials through `backend`. */
  constructor(backend: Backend, policy: FastOpenPolicy = {}) {
    const { fastOpen = false, anyBytes = false, synFailed, memory } = policy;
    this.#backend = backend;
    this.#fastOpen = fastOpen;
    this.#anyBytes = anyBytes;
    this.#synFailed = synFailed;
    this.#memory = memory;
  }

  /** Dials one address; the SYN is plain without first bytes. */
  dial(
    address: SocketAddress,
    { first, mayRepeat = false, signal }: DialOptions = {},
  ): Promise<Dialed> {
    const waiting = signal ? { signal } : {};
    const fits = this.#fastOpen && first !== undefined && first.length > 0 &&
      (this.#anyBytes || mayRepeat || isSafeToRepeat(first));
    if (!fits) return this.#backend.dial(address, waiting);
    const plain = this.#memory?.avoids(address);
    if (plain) return this.#backend.dial(address, { plain, ...waiting });
    return this.#withData(address, first, waiting);
  }

  async #withData(
    address: SocketAddress,
    first: Uint8Array,
    waiting: { signal?: AbortSignal },
  ): Promise<Dialed> {
    let carried = false;
    const synFailed = (data: boolean): void => {
      carried = data;
      this.#synFailed?.();
    };
    const began = performance.now();
    const fast = { fastOpen: true, first, synFailed, ...waiting };
    try {
      const dialed = await this.#backend.dial(address, fast);
      const { result, repeated } = dialed.conn.fastOpen;
      this.#memory?.learn(address, repeated ? "optionLost" : result);
      return dialed;
    } catch (error) {
      const lesson = lessonOf(error, performance.now() - began);
      if (carried && ANSWERS.includes(errorCode(error))) {
        return await this.#withoutData(address, lesson, waiting);
      }
      this.#memory?.learn(address, lesson);
      throw error;
    }
  }

  async #withoutData(
    address: SocketAddress,
    lesson: FastOpenLesson,
    waiting: { signal?: AbortSignal },
  ): Promise<Dialed> {
    try {
      const again = { plain: REFUSED_DATA, ...waiting };
      const dialed = await this.#backend.dial(address, again);
      this.#memory?.learn(address, "dataRefused");
      return dialed;
    } catch (error) {
      this.#memory?.learn(address, lesson);
      throw error;
    }
  }
}

/** What a failed dial teaches about its SYN with data. */
function lessonOf(error: unknown, tookMs: number): FastOpenLesson {
  switch (errorCode(error)) {
    case "timeout":
      return "unanswered";
    case "refused":
    case "reset":
    case "unreachable":
      // Somebody has answered.
      return "unknown";
    default:
      // Canceled, for example by an app: was there time for an answer?
      return tookMs < SYN_REPEAT_MS ? "unknown" : "unanswered";
  }
}
