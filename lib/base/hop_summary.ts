import type { Counters, Hop } from "./events.ts";

/** What the SYNs of one hop did. */
export interface HopSummary {
  /** The hop. */
  hop: Hop;
  /** Conns of this hop, with and without data in their SYNs. */
  conns: number;
  /** SYNs that carried data, or asked for the cookie that it takes. */
  attempted: number;
  /** The data was acknowledged with the SYN: one round trip saved. */
  acknowledged: number;
  /** First visits. */
  noCookie: number;
  /** The peer left the data alone, and it was sent again. */
  notAcknowledged: number;
  /** The SYN was sent again, without data: a path that may drop such SYNs. */
  synRepeated: number;
  /** What the acknowledged ones have saved, by the kernel's own round trips. */
  savedMs: number;
}

const HOPS: readonly Hop[] = ["socks", "tunnel", "ws", "target"];
const RESULTS = ["acknowledged", "noCookie", "notAcknowledged", "synRepeated"];

/** Sums up the hops that were used, in the order in which a request meets them. */
export function summarizeHops(counters: Counters): HopSummary[] {
  return HOPS.flatMap((hop) => {
    const count = (result: string) => counters.count(`syn.${hop}.${result}`);
    const attempted = RESULTS.reduce((sum, one) => sum + count(one), 0);
    const conns = attempted + count("off") + count("unsupported");
    if (conns === 0) return [];
    return [{
      hop,
      conns,
      attempted,
      acknowledged: count("acknowledged"),
      noCookie: count("noCookie"),
      notAcknowledged: count("notAcknowledged"),
      synRepeated: count("synRepeated"),
      savedMs: Math.round(counters.count(`synSavedUs.${hop}`) / 1000),
    }];
  });
}
