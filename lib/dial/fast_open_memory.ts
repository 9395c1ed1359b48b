import { formatTarget } from "../base/address.ts";
import { RecentMap } from "../base/recent_map.ts";
import type { SocketAddress } from "../net/conn.ts";
import type { FastOpenOutcome, FastOpenResult } from "../net/fast_open.ts";
import { localNetwork } from "../net/local_network.ts";
import { Avoidance, type AvoidanceRecord } from "./avoidance.ts";

/** Whom a dial goes to, and from where: what is remembered by. */
export interface Place {
  /** The address, `host:port`. */
  readonly target: string;
  /** Its IP address. */
  readonly host: string;
  /** The local network, see `localNetwork`. */
  readonly network: string;
}

/**
 * How a dial with data for the SYN went: what the kernel says of the conn, or
 * without a conn
 *
 * - `unanswered`: nothing came, though the SYN was sent again
 * - `unknown`: it ended before that, or the host answered something else
 */
export type FastOpenLesson = FastOpenResult | "unanswered" | "unknown";

/** What is kept of a network that does not pass SYNs with data. */
export interface NetworkRecord extends AvoidanceRecord {
  /** As in `Place`. */
  readonly network: string;
}

/** What is kept of an address that does not take SYNs with data. */
export interface TargetRecord extends NetworkRecord {
  /** As in `Place`. */
  readonly target: string;
}

/** All that is kept. */
export interface FastOpenRecords {
  /** Networks, the one that was met last at the end. */
  readonly networks: readonly NetworkRecord[];
  /** Addresses, the one that was dialled last at the end. */
  readonly targets: readonly TargetRecord[];
}

/** What a memory needs. */
export interface FastOpenMemoryOptions {
  /** Milliseconds since 1970. @default `Date.now` */
  now?: () => number;
  /** The present local network. @default `localNetwork()` */
  network?: () => string;
  /** More addresses are not remembered; the oldest goes. @default {4096} */
  capacity?: number;
}

/** A memory has so many addresses, unless told otherwise. */
export const MEMORY_CAPACITY = 4096;
/** Nobody is in more networks. */
const MAX_NETWORKS = 64;
/** So many hosts that lose SYNs with data are the network's fault. */
const HOSTS_OF_A_NETWORK = 3;
/** Data that was left alone: once happens when the target's key has changed. */
const REFUSALS = 2;
/** What has not been tried again for so long is not kept. */
const KEEP_MS = 86_400_000;

interface KnownTarget {
  readonly place: Place;
  readonly avoidance: Avoidance;
  /** Its data was left alone so often in a row. */
  refusals: number;
}

interface KnownNetwork {
  readonly avoidance: Avoidance;
  /** What has lost SYNs with data since one arrived. */
  readonly hosts: Set<string>;
}

/**
 * Remembers where SYNs with data do not work, by the kernel's own word for it, so
 * that the next dial goes plain at once instead of waiting a second for a SYN that
 * is lost.
 *
 * An address of which a SYN with data had to be sent again, or that left the data
 * alone twice in a row, is dialled plain for a minute; then one dial tries again,
 * and when that fails the time doubles, to an hour. Three such hosts, and no SYN
 * with data that arrived between them, are taken for the network itself. A dial
 * whose data is acknowledged ends all of it. A dial without a cookie carries no
 * data and teaches nothing.
 */
export class FastOpenMemory {
  /** Told when `records` has changed. */
  onChange: (() => void) | undefined;
  readonly #now: () => number;
  readonly #network: () => string;
  readonly #targets: RecentMap<KnownTarget>;
  readonly #networks = new RecentMap<KnownNetwork>(MAX_NETWORKS);

  /** Knows nothing yet. */
  constructor(options: FastOpenMemoryOptions = {}) {
    const {
      now = () => Date.now(),
      network = localNetwork(),
      capacity = MEMORY_CAPACITY,
    } = options;
    this.#now = now;
    this.#network = network;
    this.#targets = new RecentMap(capacity);
  }

  /** Where a dial of `address` goes from here; for the two other functions. */
  placeOf(address: SocketAddress): Place {
    const { host } = address;
    return { target: formatTarget(address), host, network: this.#network() };
  }

  /**
   * Whether a dial has to go plain. When it has not, tell with `learn` how it went:
   * others may be waiting for that.
   *
   * @returns What the conn of the plain dial is to say; nothing if data may go
   *   into the SYN
   */
  avoids(place: Place): FastOpenOutcome | undefined {
    const network = this.#networks.get(place.network)?.avoidance;
    const target = this.#targets.get(keyOf(place))?.avoidance;
    if (!network && !target) return undefined;
    const now = this.#now();
    // Both are asked before a trial of either begins.
    if (network?.stateAt(now) === "avoid") {
      return avoided("this network does not pass", network, now);
    }
    if (target?.stateAt(now) === "avoid") {
      return avoided(`${place.target} does not take`, target, now);
    }
    for (const one of [network, target]) {
      if (one?.stateAt(now) === "due") one.beginTrial(now);
    }
    return undefined;
  }

  /** How a dial went that `avoids` did not keep from putting data into its SYN. */
  learn(place: Place, lesson: FastOpenLesson): void {
    switch (lesson) {
      case "acknowledged":
        return this.#worked(place);
      case "synRepeated":
        this.#targetFailed(place);
        return this.#networkLost(place);
      case "unanswered":
        // A host that is gone says nothing of the network.
        this.#networks.get(place.network)?.avoidance.endTrial();
        return this.#targetFailed(place);
      case "notAcknowledged":
        return this.#refused(place);
      default:
        this.#networks.get(place.network)?.avoidance.endTrial();
        this.#targets.get(keyOf(place))?.avoidance.endTrial();
    }
  }

  #worked(place: Place): void {
    const forgotten = [
      this.#targets.delete(keyOf(place)),
      this.#networks.delete(place.network),
    ];
    if (forgotten.includes(true)) this.onChange?.();
  }

  /** The SYN with data arrived, and the peer did not want the data. */
  #refused(place: Place): void {
    if (this.#networks.delete(place.network)) this.onChange?.();
    const known = this.#target(place);
    known.refusals++;
    const { failures } = known.avoidance.record;
    if (failures > 0 || known.refusals >= REFUSALS) this.#targetFailed(place);
  }

  #targetFailed(place: Place): void {
    const known = this.#target(place);
    known.refusals = 0;
    if (known.avoidance.fail(this.#now())) this.onChange?.();
  }

  #networkLost({ network, host }: Place): void {
    let known = this.#networks.get(network);
    if (!known) {
      known = { avoidance: new Avoidance(), hosts: new Set() };
      this.#networks.set(network, known);
    }
    const { avoidance, hosts } = known;
    hosts.add(host);
    const wasTrial = avoidance.isTriedAt(this.#now());
    if (!wasTrial && hosts.size < HOSTS_OF_A_NETWORK) return;
    hosts.clear();
    if (avoidance.fail(this.#now())) this.onChange?.();
  }

  #target(place: Place): KnownTarget {
    const key = keyOf(place);
    let known = this.#targets.get(key);
    if (!known) {
      known = { place, avoidance: new Avoidance(), refusals: 0 };
      this.#targets.set(key, known);
    }
    return known;
  }

  /** What is worth to be kept for the next start. */
  get records(): FastOpenRecords {
    const networks: NetworkRecord[] = [];
    for (const [network, { avoidance }] of this.#networks.entries()) {
      const { record } = avoidance;
      if (this.#isWorth(record)) networks.push({ network, ...record });
    }
    const targets: TargetRecord[] = [];
    for (const [, { place, avoidance }] of this.#targets.entries()) {
      const { record } = avoidance;
      const { network, target } = place;
      if (this.#isWorth(record)) targets.push({ network, target, ...record });
    }
    return { networks, targets };
  }

  /** Remembers what was kept; with too little room what was used last. */
  restore({ networks, targets }: FastOpenRecords): void {
    for (const record of networks.filter((one) => this.#isWorth(one))) {
      const avoidance = new Avoidance(record);
      this.#networks.set(record.network, { avoidance, hosts: new Set() });
    }
    for (const record of targets.filter((one) => this.#isWorth(one))) {
      const { network, target } = record;
      const place = { network, target, host: hostOf(target) };
      const avoidance = new Avoidance(record);
      this.#targets.set(keyOf(place), { place, avoidance, refusals: 0 });
    }
  }

  #isWorth({ failures, untilMs }: AvoidanceRecord): boolean {
    return failures > 0 && this.#now() - untilMs < KEEP_MS;
  }
}

function avoided(
  what: string,
  avoidance: Avoidance,
  now: number,
): FastOpenOutcome {
  const seconds = Math.ceil(avoidance.leftMs(now) / 1000);
  const when = avoidance.isTriedAt(now)
    ? "being tried again now"
    : `tried again in ${seconds} s`;
  return {
    result: "avoided",
    rttUs: 0,
    reason: `${what} SYNs with data, ${when}`,
  };
}

function keyOf({ target, network }: Place): string {
  return `${target} ${network}`;
}

/** Of `host:port` or `[host]:port`. */
function hostOf(target: string): string {
  return target.slice(0, target.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}
