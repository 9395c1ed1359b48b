import {
  type FastOpenOutcome,
  type FastOpenResult,
  fastOpenSupport,
} from "../net/fast_open.ts";
import type { Facts } from "./check.ts";

/** One dial and the time to its first answer. */
export interface Trial {
  /** What became of the SYN. */
  readonly result: FastOpenResult;
  /** Bytes that were meant for the SYN. */
  readonly bytes: number;
  /** From the dial to the first answer, in milliseconds. */
  readonly ms: number;
}

/**
 * The result of a trial: a repeated SYN counts as repeated, whatever it
 * carried.
 */
export function resultOf(
  { result, repeated }: FastOpenOutcome,
): FastOpenResult {
  return repeated ? "synRepeated" : result;
}

/** Several dials of one address. */
export interface Trials {
  /** The first dial; it asks for a cookie if there is none yet. */
  readonly cold: Trial;
  /** Dials after it, with Fast Open. */
  readonly warm: readonly Trial[];
  /** Dials without Fast Open, each beside one of `warm`. */
  readonly plain: readonly Trial[];
}

/** Pairs of dials after the cold one. */
const PAIRS = 5;
/** A repeated SYN costs a second; the kernel too gives up after two. */
const MAX_REPEATED = 2;

/**
 * Dials with and without Fast Open alternately, so that both see the same
 * network.
 *
 * @param dial Dials once and waits for the first answer.
 */
export async function runTrials(
  dial: (fastOpen: boolean) => Promise<Trial>,
): Promise<Trials> {
  const cold = await dial(true);
  const warm: Trial[] = [];
  const plain: Trial[] = [];
  let repeated = cold.result === "synRepeated" ? 1 : 0;
  for (let i = 0; i < PAIRS && repeated < MAX_REPEATED; i++) {
    plain.push(await dial(false));
    const trial = await dial(true);
    warm.push(trial);
    if (trial.result === "synRepeated") repeated++;
  }
  return { cold, warm, plain };
}

/** The verdict on all SYNs: the worst that explains them. */
export type SynVerdict =
  | "works"
  | "sometimes"
  | "unsupported"
  | "noCookie"
  | "notAcknowledged"
  | "dataRefused"
  | "overtaken"
  | "synRepeated";

/** Sums up the SYNs after the cold one. */
export function verdictOf({ cold, warm }: Trials): SynVerdict {
  const results = new Set(warm.map(({ result }) => result));
  const works = results.has("acknowledged");
  if (works) return results.size === 1 ? "works" : "sometimes";
  const all = results.add(cold.result);
  if (all.has("synRepeated")) return "synRepeated";
  if (all.has("notAcknowledged")) return "notAcknowledged";
  // Nothing is remembered here: what was avoided was refused just before.
  if (all.has("avoided")) return "dataRefused";
  if (all.has("noCookie")) return "noCookie";
  const cannot = all.has("unsupported") || !fastOpenSupport().dial.supported;
  return cannot ? "unsupported" : "overtaken";
}

/** The middle value; of two, their mean; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[half]!
    : (sorted[half - 1]! + sorted[half]!) / 2;
}

function mediansOf({ warm, plain }: Trials): { warm: number; plain: number } {
  return {
    warm: median(warm.map(({ ms }) => ms)),
    plain: median(plain.map(({ ms }) => ms)),
  };
}

/** "median 52.1 ms against 101.9 ms without: 49.8 ms saved". */
export function timeText(trials: Trials): string {
  const { warm, plain } = mediansOf(trials);
  const saved = plain - warm;
  const compared = saved > 0.5
    ? `${milliseconds(saved)} saved`
    : saved < -0.5
    ? `${milliseconds(-saved)} lost`
    : "no difference to be seen";
  return `median ${milliseconds(warm)} against ${milliseconds(plain)} ` +
    `without: ${compared}`;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}

/** The figures of some trials. */
export function trialFacts(trials: Trials): Facts {
  const { warm, plain } = mediansOf(trials);
  const rounded = (ms: number) =>
    Number.isNaN(ms) ? null : Math.round(ms * 100) / 100;
  return {
    cold: trials.cold.result,
    warm: trials.warm.map(({ result }) => result),
    synBytes: trials.cold.bytes,
    coldMs: rounded(trials.cold.ms),
    warmMedianMs: rounded(warm),
    plainMedianMs: rounded(plain),
  };
}
