import type { Measured } from "./measure.ts";

/** All that a run found out: the content of the file that `--json` names. */
export interface Results {
  /** The command that made it. */
  command: string;
  /** When, as ISO 8601. */
  date: string;
  /** Of Linux. */
  kernel: string;
  /** The version. */
  deno: string;
  /** How many there are. */
  processors: number;
  /** Requests for each figure. */
  samples: number;
  /** Stages that were measured at once. */
  atOnce: number;
  /** Which packets were lost. */
  seed: number;
  /** A row on a stage, each. */
  measured: Measured[];
}

/** As JSON: one line for each row on a stage, so that two files can be compared. */
export function jsonOf({ measured, ...about }: Results): string {
  const lines = measured.map((one) => `    ${JSON.stringify(rounded(one))}`);
  const head = JSON.stringify(about, null, 2).replace(/\n\}$/, "");
  return `${head},\n  "measured": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

function rounded(measured: Measured): Measured {
  const samplesMs = measured.samplesMs.map((ms) => Number(ms.toFixed(2)));
  return { ...measured, samplesMs };
}
