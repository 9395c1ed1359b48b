import type { Counters } from "./counters.ts";
import { ALL_HOPS, type Hop } from "./hop.ts";

/** What the SYNs of one hop did. */
export interface HopSummary {
  /** The hop. */
  hop: Hop;
  /** Established conns of this hop, with and without data in their SYNs. */
  conns: number;
  /**
   * Data for the SYN went after the handshake: such SYNs have failed there
   * before, or the kernel cannot use Fast Open.
   */
  fellBack: number;
  /**
   * SYNs that carried data or asked for a cookie; an accepting end sees only
   * those whose data it accepted.
   */
  attempted: number;
  /** The data was acknowledged with the SYN: one round trip saved. */
  acknowledged: number;
  /** First visits. */
  noCookie: number;
  /** The peer ignored the data, and it was sent again. */
  notAcknowledged: number;
  /** The SYN was sent again without data: the path may drop such SYNs. */
  synRepeated: number;
  /** The SYN was refused or had no answer. Not among `conns`. */
  failed: number;
  /** Round trips saved: one per acknowledged SYN. */
  roundTripsSaved: number;
  /**
   * The sum of these round trips as the kernel measured them, in steps of 1 µs,
   * from 10 ms on 1 ms. An accepted conn's may be added when it ends.
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
