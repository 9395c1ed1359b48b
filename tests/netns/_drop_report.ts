/** One visit, or several at once. */
export interface DropVisit {
  /** How long all of it took, in milliseconds. */
  ms: number;
  /** How often the SYN of the hop did what. */
  syn: Record<string, number>;
  /** SYNs that the rule has dropped meanwhile. */
  dropped: number;
  /** Why a dial went plain, by the log; empty if none did. */
  because: string;
}

/** What `_syn_data_drop_main.ts` prints: visits by name, in their order. */
export type DropReport = Record<string, DropVisit>;
