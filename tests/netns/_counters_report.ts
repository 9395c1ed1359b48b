import type { HopSummary } from "../../lib/base/hop_summary.ts";
import type { HandshakeTally } from "./_pcap.ts";

/** The kernel keeps one cookie for each address: each hop has one of its own. */
export const HOSTS = {
  server: "127.0.0.2",
  socks: "127.0.0.3",
  /** Takes data in SYNs, but not at each port. */
  origin: "127.0.0.4",
  /** Has no Fast Open at all. */
  plain: "127.0.0.5",
  /** Behind a firewall that drops SYNs with data. */
  blocked: "127.0.0.6",
} as const;

/** One target as the app sees it, and what is at its port. */
export type TargetName =
  | "takesData"
  | "forgets"
  | "plain"
  | "speaks"
  | "refuses"
  | "blocked";

/** What `_counters_main.ts` prints. */
export interface CountersReport {
  /** What `summarizeHops` makes of the counters of all clients. */
  client: HopSummary[];
  /** Of the server. */
  server: HopSummary[];
  /** Targets that refused: dials of the server, apps that had been told yes. */
  refused: { dials: number; late: number };
  /** Apps that had been told yes, whatever the reason. */
  lateFailures: number;
  /** What was on the wire, by hop, and for each target. */
  wire: {
    socks: HandshakeTally;
    tunnel: HandshakeTally;
    target: Record<TargetName, HandshakeTally>;
  };
  /** The kernel's own counts of TCP Fast Open in this namespace. */
  kernel: Record<string, number>;
}
