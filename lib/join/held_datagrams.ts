import type { Target } from "../base/address.ts";
import type { DatagramLoss } from "../base/events.ts";
import type { DatagramTally } from "./datagram_tally.ts";

/** What all holders of a role may hold together. */
export interface HoldBudget {
  /** What is left of it. */
  leftBytes: number;
}

/** A holder's share: a name server's client asks a few questions at once, and a
 * QUIC client sends a few packets; more is no beginning. */
const MAX_HELD = 32;
const MAX_HELD_BYTES = 65_536;
/** What an object and its place cost beside the payload. */
const EXTRA_BYTES = 200;
const BUDGET_BYTES = 16 * 1024 * 1024;

/** A budget of 16 MiB. */
export function holdBudget(): HoldBudget {
  return { leftBytes: BUDGET_BYTES };
}

/** Datagrams that wait for something, in order; a bounded few. */
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

  /** Gives away all, and holds none. */
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
