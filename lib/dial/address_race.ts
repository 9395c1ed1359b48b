import { abortable } from "../base/abortable.ts";
import { formatTarget } from "../base/address.ts";
import { errorCode, TunnelError } from "../base/errors.ts";
import { ipFamily } from "../net/ip.ts";
import type { Resolver } from "../net/resolver.ts";
import type { Dialed, Dialer, DialOptions, Target } from "./dialer.ts";

/** RFC 8305, section 5: Connection Attempt Delay. */
const ATTEMPT_DELAY_MS = 250;
/** Upper bound on addresses to try. */
const MAX_ATTEMPTS = 8;
/** Reason for canceling an attempt when another address connected first. */
const OVERTAKEN = new TunnelError("timeout", "another address was faster");

/**
 * A link of a chain of dialers that takes names: it dials all addresses of a name,
 * each a little later than the one before, and the first that connects wins (RFC
 * 8305).
 *
 * Only the first attempt that gets out of this machine has the first bytes; so a
 * target that cannot take SYN data costs nothing but that attempt.
 */
export class AddressRace implements Dialer {
  readonly #resolver: Resolver;
  readonly #dialer: Dialer;

  /** Dials addresses with `dialer`. */
  constructor(resolver: Resolver, dialer: Dialer) {
    this.#resolver = resolver;
    this.#dialer = dialer;
  }

  /** Dials `target`, a name or an address. */
  dial(target: Target, options: DialOptions = {}): Promise<Dialed> {
    // The usual case costs no more than the one dial that it is.
    return ipFamily(target.host)
      ? this.#dialer.dial(target, options)
      : this.#dialName(target, options);
  }

  async #dialName(target: Target, options: DialOptions): Promise<Dialed> {
    const { host, port } = target;
    const looking = this.#resolver.resolve(host);
    const addresses = await abortable(looking, options.signal);
    if (addresses.length === 1) {
      return await this.#dialer.dial({ host: addresses[0]!, port }, options);
    }
    return await new Race(this.#dialer, target, addresses, options).won;
  }
}

/** One race of a name's addresses. */
class Race {
  /** The first conn; or why there is none. */
  readonly won: Promise<Dialed>;
  readonly #dialer: Dialer;
  readonly #target: Target;
  readonly #options: DialOptions;
  readonly #waiting: string[];
  readonly #resolve: (dialed: Dialed) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #losers = new AbortController();
  readonly #signal: AbortSignal;
  readonly #errors: TunnelError[] = [];
  #running = 0;
  #over = false;
  /** The first bytes, while no attempt has got out with them. */
  #first: Uint8Array | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    dialer: Dialer,
    target: Target,
    addresses: readonly string[],
    options: DialOptions,
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Dialed>();
    this.won = promise;
    this.#dialer = dialer;
    this.#target = target;
    this.#options = options;
    this.#waiting = addresses.slice(0, MAX_ATTEMPTS);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#first = options.first;
    this.#signal = options.signal
      ? AbortSignal.any([options.signal, this.#losers.signal])
      : this.#losers.signal;
    this.#next();
  }

  #next(): void {
    clearTimeout(this.#timer);
    const host = this.#waiting.shift();
    if (host === undefined) {
      if (this.#running === 0) this.#lose(worstOf(this.#errors, this.#target));
      return;
    }
    this.#running++;
    if (this.#waiting.length > 0) {
      this.#timer = setTimeout(() => this.#next(), ATTEMPT_DELAY_MS);
    }
    const { mayRepeat = false } = this.#options;
    const first = this.#first;
    this.#first = undefined;
    const options = { mayRepeat, signal: this.#signal };
    this.#dialer.dial(
      { host, port: this.#target.port },
      first ? { first, ...options } : options,
    ).then(
      (dialed) => this.#connected(dialed),
      (error) => this.#failed(error, first),
    );
  }

  #connected(dialed: Dialed): void {
    this.#running--;
    // Two may finish in the same turn.
    if (this.#over) return dialed.conn.reset();
    this.#over = true;
    clearTimeout(this.#timer);
    this.#losers.abort(OVERTAKEN);
    this.#resolve(dialed);
  }

  #failed(error: unknown, first: Uint8Array | undefined): void {
    this.#running--;
    if (this.#over) return;
    if (error instanceof TunnelError) this.#errors.push(error);
    // No way there, such as to IPv6 from most servers: nobody saw its SYN.
    if (first && errorCode(error) === "unreachable") this.#first = first;
    const { signal } = this.#options;
    if (signal?.aborted) this.#lose(signal.reason);
    else this.#next();
  }

  #lose(reason: unknown): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#reject(reason);
  }
}

/** The error that tells most: a refusal comes from the host itself. */
function worstOf(errors: readonly TunnelError[], target: Target): TunnelError {
  return errors.find((error) => error.code === "refused") ?? errors.at(-1) ??
    new TunnelError("failed", `cannot dial ${formatTarget(target)}`);
}
