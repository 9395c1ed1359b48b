import { abortable } from "../base/abortable.ts";
import { formatTarget } from "../base/address.ts";
import { errorCode, TunnelError } from "../base/errors.ts";
import type { Backend, Dialed } from "../net/backend.ts";
import type { SocketAddress } from "../net/conn.ts";
import type { FastOpenOutcome } from "../net/fast_open.ts";
import { ipFamily } from "../net/ip.ts";
import type { Resolver } from "../net/resolver.ts";
import type { Dialer, DialOptions, Target } from "./dialer.ts";
import type { FastOpenLesson, FastOpenMemory } from "./fast_open_memory.ts";
import { isSafeToRepeat } from "./safe_to_repeat.ts";

/** RFC 8305, section 5: Connection Attempt Delay. */
const ATTEMPT_DELAY_MS = 250;
/** More addresses than this are not tried. */
const MAX_ATTEMPTS = 8;
/** RFC 6298, section 2: whoever has no answer then sends its SYN again. */
const SYN_REPEAT_MS = 1000;
/** What those say who answered a SYN with data, and whose word it may not be. */
const ANSWERS: readonly string[] = ["refused", "reset", "unreachable"];
/** The conn of a dial whose SYN with data was answered by one of `ANSWERS`. */
const REFUSED_DATA: FastOpenOutcome = {
  result: "avoided",
  rttUs: 0,
  reason: "the SYN with data was refused, the one without was not",
};
/** Why an attempt is given up that another one has overtaken. */
const OVERTAKEN = new TunnelError("timeout", "another address was faster");

/** How targets are dialled. */
export interface HappyEyeballsOptions {
  /** Put first bytes into the SYN where that does no harm. @default {false} */
  fastOpen?: boolean;
  /** Do so with any first bytes. @default {false} */
  anyBytes?: boolean;
  /** Told when nothing comes of a SYN that has tried Fast Open. */
  synFailed?: () => void;
  /** Knows where Fast Open is to be left alone. @default it is tried everywhere */
  memory?: FastOpenMemory;
}

/**
 * Dials names: all addresses, each a little later than the one before, and the
 * first that connects wins (RFC 8305). Only the first attempt that gets out of this
 * machine uses Fast Open; so a target that cannot take SYN data costs nothing but
 * that attempt. One whose data is refused is asked again without: a firewall may
 * have answered in the place of a target that would not have minded.
 */
export class HappyEyeballsDialer implements Dialer {
  readonly #backend: Backend;
  readonly #resolver: Resolver;
  readonly #fastOpen: boolean;
  readonly #anyBytes: boolean;
  readonly #synFailed: (() => void) | undefined;
  readonly #memory: FastOpenMemory | undefined;

  /** Dials through `backend`. */
  constructor(
    backend: Backend,
    resolver: Resolver,
    options: HappyEyeballsOptions = {},
  ) {
    const { fastOpen = false, anyBytes = false, synFailed, memory } = options;
    this.#backend = backend;
    this.#resolver = resolver;
    this.#fastOpen = fastOpen;
    this.#anyBytes = anyBytes;
    this.#synFailed = synFailed;
    this.#memory = memory;
  }

  /** Dials `target`, a name or an address. */
  dial(target: Target, options: DialOptions = {}): Promise<Dialed> {
    const { first, mayRepeat = false } = options;
    const fastOpen = this.#fastOpen && first !== undefined &&
      first.length > 0 &&
      (this.#anyBytes || mayRepeat || isSafeToRepeat(first));
    // The usual case costs no more than the one dial that it is.
    return ipFamily(target.host)
      ? this.#attempt(target.host, target, options, fastOpen)
      : this.#race(target, options, fastOpen);
  }

  #attempt(
    host: string,
    { port }: Target,
    { first, signal }: DialOptions,
    fastOpen: boolean,
  ): Promise<Dialed> {
    const address = { host, port };
    const waiting = signal ? { signal } : {};
    if (!fastOpen || !first) return this.#backend.dial(address, waiting);
    const memory = this.#memory;
    const plain = memory?.avoids(address);
    if (plain) return this.#backend.dial(address, { plain, ...waiting });
    let carried = false;
    const synFailed = (data: boolean): void => {
      carried = data;
      this.#synFailed?.();
    };
    const began = performance.now();
    const fast = { fastOpen, first, synFailed, ...waiting };
    return this.#backend.dial(address, fast).then(
      (dialed) => {
        const { result, repeated } = dialed.conn.fastOpen;
        memory?.learn(address, repeated ? "optionLost" : result);
        return dialed;
      },
      async (error) => {
        const lesson = lessonOf(error, performance.now() - began);
        if (!carried || !ANSWERS.includes(errorCode(error))) {
          memory?.learn(address, lesson);
          throw error;
        }
        return await this.#withoutData(address, lesson, waiting);
      },
    );
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

  async #race(
    target: Target,
    options: DialOptions,
    fastOpen: boolean,
  ): Promise<Dialed> {
    const { signal } = options;
    const addresses = await abortable(
      this.#resolver.resolve(target.host),
      signal,
    );
    if (addresses.length === 1) {
      return await this.#attempt(addresses[0]!, target, options, fastOpen);
    }
    const losers = new AbortController();
    const together = signal
      ? AbortSignal.any([signal, losers.signal])
      : losers.signal;
    const { promise, resolve, reject } = Promise.withResolvers<Dialed>();
    const errors: TunnelError[] = [];
    const waiting = addresses.slice(0, MAX_ATTEMPTS);
    let running = 0;
    let won = false;
    let mayFastOpen = fastOpen;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = (): void => {
      clearTimeout(timer);
      const host = waiting.shift();
      if (host === undefined) {
        if (running === 0) reject(worstOf(errors, target));
        return;
      }
      running++;
      if (waiting.length > 0) {
        timer = setTimeout(next, ATTEMPT_DELAY_MS);
      }
      const attempt = { ...options, signal: together };
      const isFast = mayFastOpen;
      mayFastOpen = false;
      this.#attempt(host, target, attempt, isFast).then(
        (dialed) => {
          running--;
          // Two may finish in the same turn.
          if (won) return dialed.conn.reset();
          won = true;
          clearTimeout(timer);
          losers.abort(OVERTAKEN);
          resolve(dialed);
        },
        (error) => {
          running--;
          if (won) return;
          if (error instanceof TunnelError) errors.push(error);
          // No way there, such as to IPv6 from most servers: nobody saw its SYN.
          if (isFast && errorCode(error) === "unreachable") mayFastOpen = true;
          if (signal?.aborted) reject(signal.reason);
          else next();
        },
      );
    };
    next();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** What a dial without a conn says of its SYN with data. */
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
      // Given up, by an app for example: was there time for an answer?
      return tookMs < SYN_REPEAT_MS ? "unknown" : "unanswered";
  }
}

/** The error that tells most: a refusal comes from the host itself. */
function worstOf(errors: readonly TunnelError[], target: Target): TunnelError {
  return errors.find((error) => error.code === "refused") ?? errors.at(-1) ??
    new TunnelError("failed", `cannot dial ${formatTarget(target)}`);
}
