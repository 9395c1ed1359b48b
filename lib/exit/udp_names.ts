import { Deadlines } from "../base/deadlines.ts";
import { RecentMap } from "../base/recent_map.ts";
import { ipFamily } from "../net/ip.ts";
import type { Resolver } from "../net/resolver.ts";

/** How long an answer is reused. */
const KEEP_MS = 30_000;
/**
 * How long a failure is reused, so that an app that repeats datagrams causes no
 * flood of lookups.
 */
const KEEP_FAILURE_MS = 1000;
/** Upper bound on the wait for a name. */
const DEADLINES = new Deadlines(5000);
/** Upper bound on cached names. */
const MAX_KEPT = 1024;
/** Upper bound on names being resolved. */
const MAX_ASKING = 256;

/** What is known of a name. */
export interface KnownName {
  /** Its address; `undefined` if it has none. */
  readonly address: string | undefined;
  /** When to ask again, on the clock of `performance.now`. */
  readonly expires: number;
}

/**
 * Resolves names of UDP targets. Known names are available at once, so that
 * datagrams keep their order, and a slow name delays nothing else.
 */
export class UdpNames {
  readonly #resolver: Resolver;
  readonly #known = new RecentMap<KnownName>(MAX_KEPT);
  readonly #asking = new Map<string, Promise<string | undefined>>();

  constructor(resolver: Resolver) {
    this.#resolver = resolver;
  }

  /** What is known about a name; `undefined` if it must be looked up. */
  known(host: string): KnownName | undefined {
    const known = this.#known.get(host);
    return known && known.expires > performance.now() ? known : undefined;
  }

  /**
   * Asks for a name.
   *
   * Prefers IPv4, which works nearly everywhere: UDP does not report an
   * unreachable address family.
   *
   * @returns its address; nothing if it has none, or not in time
   */
  ask(host: string): Promise<string | undefined> {
    const asking = this.#asking.get(host);
    if (asking) return asking;
    if (this.#asking.size >= MAX_ASKING) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const deadline = DEADLINES.add(() => resolve(undefined));
    this.#asking.set(host, promise);
    const answered = (address: string | undefined): void => {
      DEADLINES.cancel(deadline);
      // Not before: a lookup cannot be called off, and they are bounded.
      this.#asking.delete(host);
      this.#keep(host, address);
      resolve(address);
    };
    this.#resolver.resolve(host).then(
      (all) =>
        answered(
          all.find((one) => ipFamily(one) === 4) ??
            all.find((one) => ipFamily(one) === 6),
        ),
      () => answered(undefined),
    );
    return promise;
  }

  #keep(host: string, address: string | undefined): void {
    const keepMs = address === undefined ? KEEP_FAILURE_MS : KEEP_MS;
    this.#known.set(host, { address, expires: performance.now() + keepMs });
  }
}
