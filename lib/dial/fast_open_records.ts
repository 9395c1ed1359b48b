import type { AvoidanceRecord } from "./avoidance.ts";

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
