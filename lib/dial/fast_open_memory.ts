import { RecentMap } from "../base/recent_map.ts";
import type { SocketAddress } from "../net/conn.ts";
import type { FastOpenOutcome, FastOpenResult } from "../net/fast_open.ts";
import { localNetwork } from "../net/local_network.ts";
import { Avoidance, type AvoidanceRecord } from "./avoidance.ts";
import type {
  FastOpenRecords,
  NetworkRecord,
  TargetRecord,
} from "./fast_open_records.ts";
import { keyOf, type Place, placeOf, placeOfText } from "./place.ts";

/**
 * How a dial with data for the SYN went: what the kernel says of the conn, or
 *
 * - `dataRefused`: the SYN with data was refused, the one without was not
 * - `optionLost`: `noCookie`, and the SYN that asked for one had to be sent again
 * - `unanswered`: nothing came, though the SYN was sent again
 * - `unknown`: it ended before that, or the host answered something else
 */
export type FastOpenLesson =
  | FastOpenResult
  | "dataRefused"
  | "optionLost"
  | "unanswered"
  | "unknown";

/** What a memory needs. */
export interface FastOpenMemoryOptions {
  /** Milliseconds since 1970. @default `Date.now` */
  now?: () => number;
  /** The present local network. @default `localNetwork()` */
  network?: () => string;
  /**
   * Addresses to remember; the least recently used one is dropped. @default
   * {4096}
   */
  capacity?: number;
}

/** Default number of addresses. */
export const MEMORY_CAPACITY = 4096;
/** Upper bound on networks. */
const MAX_NETWORKS = 64;
/** After this many hosts that lose SYNs with data, the network is at fault. */
const HOSTS_OF_A_NETWORK = 3;
/**
 * Ignored data counts from the second time: once happens when the target's key
 * changed.
 */
const REFUSALS = 2;
/** Records older than this are not stored. */
const KEEP_MS = 86_400_000;

/** Lessons to remember; all others only end what was remembered. */
const FAULTS: readonly FastOpenLesson[] = [
  ...["synRepeated", "dataRefused", "optionLost", "unanswered"] as const,
  "notAcknowledged",
];

/** What the lost SYN carried: data, or the option that asks for a cookie. */
type Lost = "data" | "option";

interface KnownTarget {
  readonly place: Place;
  readonly avoidance: Avoidance;
  /** What has failed last. */
  lost: Lost;
  /** How often in a row it ignored the data. */
  refusals: number;
}

interface KnownNetwork {
  readonly avoidance: Avoidance;
  /** What has failed last. */
  lost: Lost;
  /** Hosts that lost SYNs since one of the kind arrived. */
  readonly hosts: Readonly<Record<Lost, Set<string>>>;
}

/**
 * Remembers where SYNs with data do not work, by the kernel's own word for it, so
 * that the next dial goes plain at once instead of waiting a second for a SYN that
 * is lost.
 *
 * An address to which a SYN had to be sent again, or was refused only with data, or
 * that left the data alone twice in a row, is dialed plain for a minute; then one
 * dial tries again, and when that fails the time doubles, to an hour. Three hosts to
 * which SYNs were lost so, and no such SYN that arrived between them, are taken for
 * the network itself. A dial whose data is acknowledged ends all of it. A first
 * visit, which asks for a cookie and has no data in its SYN, teaches only whether
 * that option is let through.
 */
export class FastOpenMemory {
  /** Called when `records` changes. */
  onChange: (() => void) | undefined;
  readonly #now: () => number;
  readonly #network: () => string;
  readonly #targets: RecentMap<KnownTarget>;
  readonly #networks = new RecentMap<KnownNetwork>(MAX_NETWORKS);

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

  /**
   * Whether a dial must go plain. If not, report with `learn` how it went:
   * others may be waiting for that.
   *
   * @returns The outcome for the plain conn; `undefined` if data may go into
   *   the SYN
   */
  avoids(address: SocketAddress): FastOpenOutcome | undefined {
    if (this.#knowsNothing) return undefined;
    const place = placeOf(address, this.#network());
    const network = this.#networks.get(place.network)?.avoidance;
    const target = this.#targets.get(keyOf(place))?.avoidance;
    if (!network && !target) return undefined;
    const now = this.#now();
    // Check both before starting a trial of either.
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

  /** How a dial went that `avoids` allowed to put data into its SYN. */
  learn(address: SocketAddress, lesson: FastOpenLesson): void {
    if (this.#knowsNothing && !FAULTS.includes(lesson)) return;
    const place = placeOf(address, this.#network());
    switch (lesson) {
      case "acknowledged":
        return this.#worked(place);
      case "synRepeated":
      case "dataRefused":
        this.#targetFailed(place);
        return this.#networkLost(place, "data");
      case "optionLost":
        this.#targetFailed(place, "option");
        return this.#networkLost(place, "option");
      case "unanswered":
        // A host that is down says nothing about the network.
        this.#networks.get(place.network)?.avoidance.endTrial();
        return this.#targetFailed(place, "option");
      case "notAcknowledged":
        return this.#refused(place);
      case "noCookie":
        this.#optionArrived(place);
        return this.#endTrials(place);
      default:
        this.#endTrials(place);
    }
  }

  /** The usual case, in which a dial must cost nothing here. */
  get #knowsNothing(): boolean {
    return this.#targets.size === 0 && this.#networks.size === 0;
  }

  #endTrials(place: Place): void {
    this.#networks.get(place.network)?.avoidance.endTrial();
    this.#targets.get(keyOf(place))?.avoidance.endTrial();
  }

  #worked(place: Place): void {
    const forgotten = [
      this.#targets.delete(keyOf(place)),
      this.#networks.delete(place.network),
    ];
    if (forgotten.includes(true)) this.onChange?.();
  }

  /** The SYN with data arrived and the peer ignored the data. */
  #refused(place: Place): void {
    if (this.#networks.delete(place.network)) this.onChange?.();
    const known = this.#target(place);
    known.refusals++;
    const { failures } = known.avoidance.record;
    if (failures > 0 || known.refusals >= REFUSALS) this.#targetFailed(place);
  }

  /** A first visit: the option got through. */
  #optionArrived(place: Place): void {
    const network = this.#networks.get(place.network);
    network?.hosts.option.clear();
    if (network?.lost === "option" && this.#networks.delete(place.network)) {
      this.onChange?.();
    }
    const key = keyOf(place);
    if (
      this.#targets.get(key)?.lost === "option" && this.#targets.delete(key)
    ) {
      this.onChange?.();
    }
  }

  #targetFailed(place: Place, lost: Lost = "data"): void {
    const known = this.#target(place);
    known.refusals = 0;
    known.lost = lost;
    if (known.avoidance.fail(this.#now())) this.onChange?.();
  }

  #networkLost({ network, host }: Place, lost: Lost): void {
    let known = this.#networks.get(network);
    if (!known) {
      known = newNetwork();
      this.#networks.set(network, known);
    }
    const { avoidance } = known;
    const hosts = known.hosts[lost].add(host);
    const wasTrial = avoidance.isTriedAt(this.#now());
    if (!wasTrial && hosts.size < HOSTS_OF_A_NETWORK) return;
    hosts.clear();
    known.lost = lost;
    if (avoidance.fail(this.#now())) this.onChange?.();
  }

  #target(place: Place): KnownTarget {
    const key = keyOf(place);
    let known = this.#targets.get(key);
    if (!known) {
      known = newTarget(place);
      this.#targets.set(key, known);
    }
    return known;
  }

  /** What to store for the next start. */
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

  /** Restores stored records; with too little room, the most recently used ones. */
  restore({ networks, targets }: FastOpenRecords): void {
    for (const record of networks.filter((one) => this.#isWorth(one))) {
      this.#networks.set(record.network, newNetwork(record));
    }
    for (const record of targets.filter((one) => this.#isWorth(one))) {
      const place = placeOfText(record.target, record.network);
      this.#targets.set(keyOf(place), newTarget(place, record));
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
    reason: `${what} Fast Open SYNs, ${when}`,
  };
}

function newTarget(place: Place, record?: AvoidanceRecord): KnownTarget {
  const avoidance = new Avoidance(record);
  return { place, avoidance, lost: "data", refusals: 0 };
}

function newNetwork(record?: AvoidanceRecord): KnownNetwork {
  const hosts = { data: new Set<string>(), option: new Set<string>() };
  return { avoidance: new Avoidance(record), lost: "data", hosts };
}
