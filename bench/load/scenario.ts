import type { Generator } from "./generator.ts";

/** One figure; without `other` it stands alone. */
export interface Row {
  /** What was measured. */
  figure: string;
  /** Of both values. */
  unit: string;
  /** Of synsocks. */
  ours: number;
  /** Of what it is compared with. */
  other?: number;
  /** What it is compared with. */
  otherName?: string;
  /** Why it is not as it must be. */
  failure?: string | undefined;
}

/** What a scenario is given. */
export interface Context {
  /** The load generator. */
  readonly generator: Generator;
  /** Where the generator's origin listens. */
  readonly originPort: number;
  /** A directory that is removed at the end. */
  readonly directory: string;
  /** How long to measure, if the user said so. */
  readonly seconds: number | undefined;
  /** Short runs, to see that all works. */
  readonly quick: boolean;
  /** `linksocks` when the reference takes one side. */
  readonly peer: string | undefined;
  /** Prints a row and keeps it. */
  row(row: Row): void;
  /** Prints a line. */
  say(line: string): void;
  /** Prints why something was not measured. */
  skip(reason: string): void;
}

/** One named load. */
export type Scenario = (context: Context) => Promise<void>;
