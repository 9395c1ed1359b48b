import type { Counters } from "./counters.ts";
import { ALL_HOPS, type Hop } from "./hop.ts";

/** What the SYNs of one hop did. */
export interface HopSummary {
  /** The hop. */
  hop: Hop;
  /** Conns of this hop that came about, with and without data in their SYNs. */
  conns: number;
  /**
   * There was data for the SYN, and it went behind the handshake: such SYNs have
   * failed there before, or the kernel cannot.
   */
  fellBack: number;
  /**
   * SYNs that carried data, or asked for the cookie that it takes; an accepting end
   * sees only those whose data it took.
   */
  attempted: number;
  /** The data was acknowledged with the SYN: one round trip saved. */
  acknowledged: number;
  /** First visits. */
  noCookie: number;
  /** The peer left the data alone, and it was sent again. */
  notAcknowledged: number;
  /** The SYN was sent again, without data: a path that may drop such SYNs. */
  synRepeated: number;
  /** Nothing came of the SYN: it was refused, or had no answer. Not among `conns`. */
  failed: number;
  /** Round trips that were not waited for: one for each that was acknowledged. */
  roundTripsSaved: number;
  /**
   * The time of these by the kernel's own measure, to 1 µs, from 10 ms on to 1 ms. An
   * accepted conn's counts when it ends, if it was not known before.
   */
  savedMs: number;
}

/** Below this, a millisecond is too coarse: a round trip on loopback takes 30 µs. */
const FINE_BELOW_MS = 10;
const RESULTS = ["acknowledged", "noCookie", "notAcknowledged", "synRepeated"];

/** Sums up the hops that were used, in the order in which a request meets them. */
export function summarizeHops(counters: Counters): HopSummary[] {
  return ALL_HOPS.flatMap((hop) => {
    const count = (result: string) => counters.count("syn", { hop, result });
    const failed = counters.count("synFailed", { hop });
    const tried = RESULTS.reduce((sum, one) => sum + count(one), 0);
    const fellBack = count("avoided") + count("unsupported");
    const conns = tried + fellBack + count("off");
    const attempted = tried + failed;
    if (conns + attempted === 0) return [];
    return [{
      hop,
      conns,
      fellBack,
      attempted,
      acknowledged: count("acknowledged"),
      noCookie: count("noCookie"),
      notAcknowledged: count("notAcknowledged"),
      synRepeated: count("synRepeated"),
      failed,
      roundTripsSaved: count("acknowledged"),
      savedMs: millisecondsOf(counters.count("synSavedUs", { hop })),
    }];
  });
}

function millisecondsOf(us: number): number {
  const ms = us / 1000;
  return ms < FINE_BELOW_MS ? ms : Math.round(ms);
}
