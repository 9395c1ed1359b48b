import type { AvoidanceRecord } from "./avoidance.ts";

/** Stored for a network that drops SYNs with data. */
export interface NetworkRecord extends AvoidanceRecord {
  /** As in `Place`. */
  readonly network: string;
}

/** Stored for an address that does not take SYNs with data. */
export interface TargetRecord extends NetworkRecord {
  /** As in `Place`. */
  readonly target: string;
}

/** All stored records. */
export interface FastOpenRecords {
  /** Networks, most recently used last. */
  readonly networks: readonly NetworkRecord[];
  /** Addresses, most recently dialed last. */
  readonly targets: readonly TargetRecord[];
}
