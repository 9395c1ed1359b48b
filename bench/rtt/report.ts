import { median, quantile } from "../load/stats.ts";
import { fitRoundTrips } from "./fit.ts";
import type { Measured } from "./measure.ts";
import type { Results } from "./results.ts";
import { type Row, ROWS } from "./rows.ts";

/** How far a warm first byte may be from what it should be. */
const TOLERANCE = 0.05;
/** Shorter distances do not hide what the programs themselves need. */
const SHORTEST_MS = 20;

/** One row on one stage, for who watches. */
export function summaryLine(measured: Measured): string {
  const { row, t, d, loss, samplesMs, failures, skipped } = measured;
  const what = `T ${t} D ${d} loss ${loss} ${row}:`;
  if (skipped !== undefined) return `${what} skipped: ${skipped}`;
  const times = [0.5, 0.95, 0.99]
    .map((part) => quantile(samplesMs, part).toFixed(1));
  const failed = failures.length > 0
    ? `; ${failures.length} failed: ${failures[0]}`
    : "";
  return `${what} p50 ${times[0]} p95 ${times[1]} p99 ${times[2]} ms${failed}`;
}

/** What a row should take at these distances, in milliseconds. */
export function expectedMs(row: Row, { t, d }: Measured): number {
  return row.expected[0] * t + row.expected[1] * d;
}

/** The tables of a run, as Markdown. */
export function markdown(results: Results): string {
  const { command, date, kernel, deno, processors, atOnce } = results;
  const parts = [
    `\`${command}\`, ${date}, Linux ${kernel}, Deno ${deno}, ` +
    `${processors} processors, ${results.samples} requests for each figure` +
    (atOnce > 1 ? `, ${atOnce} stages at once` : ""),
    roundTripTable(results),
  ];
  parts.push(warmTable(results));
  for (const loss of lossesOf(results)) {
    parts.push(`### Loss of ${loss * 100} %`, timeTable(results, loss));
  }
  parts.push(notes(results));
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function lossesOf({ measured }: Results): number[] {
  return [...new Set(measured.map(({ loss }) => loss))];
}

function measuredOf({ measured }: Results, row: Row): Measured[] {
  return measured.filter((one) =>
    one.row === row.id && one.samplesMs.length > 0
  );
}

function roundTripTable(results: Results): string {
  const lines = [
    "| | should be | fit of all medians without loss | at T = D: median / T |",
    "| --- | --- | --- | --- |",
  ];
  for (const row of ROWS) {
    const without = measuredOf(results, row).filter(({ loss }) => loss === 0);
    if (without.length === 0) continue;
    const fit = fitRoundTrips(
      without.map(({ t, d, samplesMs }) => ({ t, d, ms: median(samplesMs) })),
    );
    const same = without.filter(({ t, d }) => t === d && t >= SHORTEST_MS)
      .map(({ t, samplesMs }) =>
        `${(median(samplesMs) / t).toFixed(2)} (${t})`
      );
    lines.push(cells([
      row.label,
      `${row.expected[0]} T + ${row.expected[1]} D`,
      fit
        ? `${fit.t.toFixed(2)} T + ${fit.d.toFixed(2)} D + ` +
          `${fit.rest.toFixed(1)} ms`
        : "",
      same.join(", "),
    ]));
  }
  return lines.join("\n");
}

/** Medians of the warm row over all distances without loss. */
function warmTable(results: Results): string {
  const warm = warmOf(results);
  const ts = distancesOf(warm.map(({ t }) => t));
  const ds = distancesOf(warm.map(({ d }) => d));
  if (ts.length === 0) return "";
  const lines = [
    cells(["warm, `-f`: median, over T + D", ...ds.map((d) => `D = ${d} ms`)]),
    cells(["---", ...ds.map(() => "---")]),
  ];
  for (const t of ts) {
    const times = ds.map((d) => {
      const one = warm.find((other) => other.t === t && other.d === d);
      if (!one) return "";
      const ms = median(one.samplesMs);
      const over = t + d > 0
        ? `, +${((ms / (t + d) - 1) * 100).toFixed(1)} %`
        : "";
      return `${ms.toFixed(1)} ms${over}`;
    });
    lines.push(cells([`T = ${t} ms`, ...times]));
  }
  return lines.join("\n");
}

function warmOf(results: Results): Measured[] {
  const row = ROWS.find(({ id }) => id === "warm")!;
  return measuredOf(results, row).filter(({ loss }) => loss === 0);
}

function distancesOf(all: number[]): number[] {
  return [...new Set(all)].sort((a, b) => a - b);
}

function timeTable(results: Results, loss: number): string {
  const stages = new Map(
    results.measured.filter((one) => one.loss === loss)
      .toSorted((a, b) => a.t - b.t || a.d - b.d)
      .map(({ t, d }) => [`${t}, ${d}`, { t, d }]),
  );
  const lines = [
    cells(["p50 / p95 / p99 in ms at T, D =", ...stages.keys()]),
    cells(["---", ...[...stages].map(() => "---")]),
  ];
  for (const row of ROWS) {
    const all = measuredOf(results, row).filter((one) => one.loss === loss);
    if (all.length === 0) continue;
    const times = [...stages.values()].map(({ t, d }) => {
      const one = all.find((other) => other.t === t && other.d === d);
      return [0.5, 0.95, 0.99]
        .map((part) => one && quantile(one.samplesMs, part).toFixed(0))
        .filter(Boolean).join(" / ");
    });
    lines.push(cells([row.label, ...times]));
  }
  return lines.join("\n");
}

/** What is missing, failed, or not as it should be. */
function notes(results: Results): string {
  const skipped = new Set<string>();
  const lines: string[] = [];
  for (const one of results.measured) {
    if (one.skipped !== undefined) skipped.add(`${one.row}: ${one.skipped}`);
    else if (one.failures.length > 0) lines.push(summaryLine(one));
  }
  const row = ROWS.find(({ id }) => id === "warm")!;
  const warm = warmOf(results).filter(({ t, d }) =>
    t >= SHORTEST_MS && d >= SHORTEST_MS
  );
  const late = warm.filter((one) =>
    median(one.samplesMs) > expectedMs(row, one) * (1 + TOLERANCE)
  );
  const verdict = warm.length === 0 ? [] : [
    `Warm, \`-f\`: within ${TOLERANCE * 100} % of 1 T + 1 D on ` +
    `${warm.length - late.length} of ${warm.length} stages.`,
  ];
  return [
    ...[...skipped].map((text) => `Skipped: ${text}`),
    ...lines.map((text) => `Failed: ${text}`),
    ...verdict,
    ...late.map((one) => `Not within: ${summaryLine(one)}`),
  ].map((line) => `- ${line}`).join("\n");
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(" | ")} |`;
}
