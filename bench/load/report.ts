import type { Row } from "./scenario.ts";

const DIGITS = 4;
const ENCODER = new TextEncoder();

interface NamedRow extends Row {
  scenario: string;
  /** `ours / other`. */
  ratio?: number;
}

/** Prints what was measured as it comes, and all of it at the end. */
export class Report {
  readonly #rows: NamedRow[] = [];
  readonly #skipped: string[] = [];
  readonly #failed: string[] = [];

  /** How much is not as it must be. */
  get failures(): number {
    return this.#failed.length +
      this.#rows.filter(({ failure }) => failure !== undefined).length;
  }

  /** Prints a line. */
  say(line: string): void {
    const bytes = ENCODER.encode(`${line}\n`);
    for (let at = 0; at < bytes.length;) {
      at += Deno.stdout.writeSync(bytes.subarray(at));
    }
  }

  /** Keeps a row and prints it. */
  row(scenario: string, row: Row): void {
    const named: NamedRow = { scenario, ...row };
    // Nothing is a multiple of nothing.
    if (row.other) named.ratio = row.ours / row.other;
    this.#rows.push(named);
    this.say(`  ${cellsOf(named).slice(1).join(" | ")}`);
  }

  /** Keeps and prints why something was not measured. */
  skip(scenario: string, reason: string): void {
    this.#skipped.push(`skipped: ${scenario}: ${reason}`);
    this.say(this.#skipped.at(-1)!);
  }

  /** Keeps and prints why a scenario could not go on. */
  fail(scenario: string, error: unknown): void {
    const text = error instanceof Error ? error.stack : String(error);
    this.#failed.push(`FAILED: ${scenario}: ${text}`);
    this.say(this.#failed.at(-1)!);
  }

  /** All rows as a table, and what was skipped or failed below it. */
  markdown(): string {
    const head = [
      ...["scenario", "figure", "synsocks", "compared with", "ratio", ""],
    ];
    const lines = [
      head,
      head.map(() => "---"),
      ...this.#rows.map(cellsOf),
    ].map((cells) => `| ${cells.join(" | ")} |`);
    return [...lines, "", ...this.#skipped, ...this.#failed].join("\n");
  }

  /** All rows as JSON. */
  json(): string {
    const content = {
      date: new Date().toISOString(),
      deno: Deno.version.deno,
      cores: navigator.hardwareConcurrency,
      rows: this.#rows,
      skipped: this.#skipped,
      failed: this.#failed,
    };
    return `${JSON.stringify(content, null, 2)}\n`;
  }
}

function cellsOf(row: NamedRow): string[] {
  const { scenario, figure, unit, ours, other, otherName, ratio } = row;
  const value = (number: number) =>
    `${Number(number.toPrecision(DIGITS))} ${unit}`.trim();
  return [
    scenario,
    figure,
    value(ours),
    other === undefined ? "" : `${value(other)} (${otherName})`,
    ratio === undefined ? "" : ratio.toFixed(2),
    row.failure === undefined ? "" : `FAILED: ${row.failure}`,
  ];
}
