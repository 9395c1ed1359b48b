import type { Target } from "../base/address.ts";
import type { DatagramLoss } from "../base/events.ts";
import type { DatagramTally } from "./datagram_tally.ts";

/** Shared limit for all holders of a role. */
export interface HoldBudget {
  /** What is left of it. */
  leftBytes: number;
}

/**
 * Limits of one holder: enough for the first questions of a DNS client or the
 * first packets of a QUIC client.
 */
const MAX_HELD = 32;
const MAX_HELD_BYTES = 65_536;
/** Overhead of each held datagram. */
const EXTRA_BYTES = 200;
const BUDGET_BYTES = 16 * 1024 * 1024;

/** A budget of 16 MiB. */
export function holdBudget(): HoldBudget {
  return { leftBytes: BUDGET_BYTES };
}

/** A few datagrams that wait, in order. */
export class HeldDatagrams {
  readonly #tally: DatagramTally;
  readonly #budget: HoldBudget;
  #held: { address: Target; payload: Uint8Array }[] = [];
  #bytes = 0;

  /** Holds none; `tally` counts those that do not fit. */
  constructor(tally: DatagramTally, budget: HoldBudget) {
    this.#tally = tally;
    this.#budget = budget;
  }

  /** Keeps a copy. */
  hold(address: Target, payload: Uint8Array): void {
    const bytes = payload.length + EXTRA_BYTES;
    if (
      this.#held.length >= MAX_HELD || this.#budget.leftBytes < bytes ||
      this.#bytes + bytes > MAX_HELD_BYTES + EXTRA_BYTES
    ) return this.#tally.lost("early");
    this.#bytes += bytes;
    this.#budget.leftBytes -= bytes;
    this.#held.push({ address, payload: payload.slice() });
  }

  /** Passes all on, in order, and holds none. */
  release(send: (address: Target, payload: Uint8Array) => void): void {
    for (const { address, payload } of this.#take()) send(address, payload);
  }

  /** Loses all. */
  drop(reason: DatagramLoss): void {
    this.#tally.lost(reason, this.#take().length);
  }

  #take(): { address: Target; payload: Uint8Array }[] {
    const held = this.#held;
    this.#budget.leftBytes += this.#bytes;
    this.#held = [];
    this.#bytes = 0;
    return held;
  }
}
