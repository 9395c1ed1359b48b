import { lookup } from "node:dns/promises";
import { TunnelError } from "../base/errors.ts";
import { RecentMap } from "../base/recent_map.ts";
import { ipFamily } from "./ip.ts";

/** Asks for the addresses of one family; rejects if there are none. */
export type Lookup = (host: string, family: 4 | 6) => Promise<string[]>;

/** Options of a resolver. */
export interface ResolverOptions {
  /** How to look up. @default `getaddrinfo` */
  lookup?: Lookup;
  /**
   * After the IPv4 addresses have come, how long to wait for IPv6 (RFC 8305,
   * section 3), in milliseconds.
   *
   * @default {50}
   */
  resolutionDelayMs?: number;
  /** How long an answer is reused, in milliseconds. @default {30000} */
  keepMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/** RFC 6761, section 6.3: never sent to a name server. */
const LOCALHOST = /^(.+\.)?localhost\.?$/i;
const LOOPBACK = ["127.0.0.1", "::1"];

/** Upper bound on cached names. */
const MAX_KEPT = 1024;

async function systemLookup(host: string, family: 4 | 6): Promise<string[]> {
  const found = await lookup(host, { all: true, family });
  return found.map(({ address }) => address);
}

interface Answer {
  addresses: Promise<string[]>;
  expires: number;
}

/**
 * Resolves names: asks for IPv4 and IPv6 at the same time, returns addresses in
 * the order in which to try them (RFC 8305, section 4: families alternate, IPv6
 * first), and caches them briefly, since a lookup is a round trip too.
 */
export class Resolver {
  readonly #lookup: Lookup;
  readonly #delayMs: number;
  readonly #keepMs: number;
  readonly #now: () => number;
  readonly #answers = new RecentMap<Answer>(MAX_KEPT);

  constructor(options: ResolverOptions = {}) {
    this.#lookup = options.lookup ?? systemLookup;
    this.#delayMs = options.resolutionDelayMs ?? 50;
    this.#keepMs = options.keepMs ?? 30_000;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * The addresses of `host` in the order in which to try them; an IP address is
   * its own answer, and `localhost` is this machine.
   *
   * @throws {TunnelError} `name` if there are none
   */
  resolve(host: string): Promise<string[]> {
    if (ipFamily(host)) return Promise.resolve([host]);
    if (LOCALHOST.test(host)) return Promise.resolve([...LOOPBACK]);
    const known = this.#answers.get(host);
    if (known && known.expires > this.#now()) return known.addresses;
    const addresses = this.#ask(host);
    const answer = { addresses, expires: this.#now() + this.#keepMs };
    this.#answers.set(host, answer);
    // Failures are not cached: the name may appear at any time.
    addresses.catch(() => {
      if (this.#answers.get(host) === answer) this.#answers.delete(host);
    });
    return addresses;
  }

  async #ask(host: string): Promise<string[]> {
    let four: string[] = [];
    let six: string[] = [];
    let cause: unknown;
    const asking4 = this.#lookup(host, 4)
      .then((found) => void (four = found), (error) => void (cause = error));
    const asking6 = this.#lookup(host, 6)
      .then((found) => void (six = found), () => {});
    const both = Promise.all([asking4, asking6]);
    await Promise.race([
      both,
      asking4.then(() => four.length > 0 ? undefined : both),
      asking6.then(() => six.length > 0 ? undefined : both),
    ]);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#delayMs);
    });
    await Promise.race([both, late]);
    clearTimeout(timer);
    if (four.length + six.length > 0) return interleave(six, four);
    throw new TunnelError("name", `no such host: ${host}`, { cause });
  }
}

function interleave(a: readonly string[], b: readonly string[]): string[] {
  const all: string[] = [];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (i < a.length) all.push(a[i]!);
    if (i < b.length) all.push(b[i]!);
  }
  return all;
}
