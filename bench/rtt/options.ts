import { parseArgs } from "@std/cli/parse-args";
import { type Row, ROWS } from "./rows.ts";
import type { Distances } from "./stage.ts";

/** The text of `--help`. */
export const HELP = `Usage: deno task bench:rtt [flags]

Measures the time to the first byte between three hosts: T ms of round trip
between client and server, D ms between server and target. Needs root.

Flags:
  --quick          Main rows with T and D of 20 and 50 ms, without loss
  --t LIST         Round trips between client and server, in ms
                   (default 0,20,50,100,200)
  --d LIST         Round trips between server and target, in ms
                   (default 0,20,50,100,200)
  --loss LIST      Parts of the packets that are lost (default 0,0.01)
  --rows LIST      Only these rows (default all)
  --samples N      Requests for each figure (default 20)
  --at-once N      Stages that are measured at once (default 1)
  --seed N         Which packets are lost (default 1)
  --json FILE      Write all samples to FILE
  --from FILE      Measure nothing: read what --json wrote
  --markdown FILE  Write the tables to FILE
  --charts FOLDER  Draw charts into FOLDER (Observable Plot, from npm)
  --help           Show this text

Rows: ${ROWS.map(({ id }) => id).join(", ")}`;

const MAX_DISTANCE_MS = 10_000;
const MAX_SAMPLES = 100_000;
const MAX_AT_ONCE = 16;
const MAX_SEED = 2 ** 31 - 1;

/** What to do. */
export interface Options {
  /** Where to measure. */
  stages: Distances[];
  /** What to measure. */
  rows: Row[];
  /** Requests for each figure. */
  samples: number;
  /** Stages at once. */
  atOnce: number;
  /** Which packets are lost. */
  seed: number;
  /** Files, where one was named. */
  files: {
    json: string | undefined;
    from: string | undefined;
    markdown: string | undefined;
    charts: string | undefined;
  };
}

/**
 * Reads the flags.
 *
 * @returns nothing when help was asked for
 * @throws {TypeError} if a flag is not possible
 */
export function parseOptions(args: string[]): Options | undefined {
  const flags = parseArgs(args, {
    string: [
      ...["t", "d", "loss", "rows", "samples", "at-once", "seed"],
      ...["json", "from", "markdown", "charts"],
    ],
    boolean: ["quick", "help"],
  });
  if (flags.help) return undefined;
  const quick = flags.quick === true;
  const text = (name: string): string | undefined => {
    const value = flags[name];
    return typeof value === "string" ? value : undefined;
  };
  const numbers = (name: string, fallback: string, min: number, max: number) =>
    (text(name) ?? fallback).split(",").map((word) => {
      const number = Number(word);
      if (word !== "" && number >= min && number <= max) return number;
      throw new TypeError(`--${name} must be ${min} to ${max}: ${word}`);
    });
  const distances = quick ? "20,50" : "0,20,50,100,200";
  const ts = numbers("t", distances, 0, MAX_DISTANCE_MS);
  const ds = numbers("d", distances, 0, MAX_DISTANCE_MS);
  const losses = numbers("loss", quick ? "0" : "0,0.01", 0, 1);
  return {
    stages: losses.flatMap((loss) =>
      ts.flatMap((t) => ds.map((d) => ({ t, d, loss })))
    ),
    rows: text("rows")?.split(",").map(rowNamed) ??
      ROWS.filter(({ main }) => main || !quick),
    samples: numbers("samples", "20", 1, MAX_SAMPLES)[0]!,
    atOnce: numbers("at-once", "1", 1, MAX_AT_ONCE)[0]!,
    seed: numbers("seed", "1", 0, MAX_SEED)[0]!,
    files: {
      json: text("json"),
      from: text("from"),
      markdown: text("markdown"),
      charts: text("charts"),
    },
  };
}

function rowNamed(name: string): Row {
  const row = ROWS.find(({ id }) => id === name);
  if (row) return row;
  throw new TypeError(`There is no row ${name}`);
}
