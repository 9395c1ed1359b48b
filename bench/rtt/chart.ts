import { median, quantile } from "../load/stats.ts";
import type { Measured } from "./measure.ts";
import type { Results } from "./results.ts";
import { type Row, ROWS } from "./rows.ts";

// Named by variables, so that checking the project's types needs no npm.
const PLOT = "npm:@observablehq/plot@0.6.17";
const DOM = "npm:linkedom@0.18.12";

const WIDTH = 860;
const BAR_HEIGHT = 24;
const MARGINS = { marginLeft: 400, marginRight: 40, marginBottom: 60 };
const SURROUNDINGS = 90;
const STYLE = "background: white; color: black; font-size: 12px";

interface Mark {
  readonly mark: string;
}

/** What we use of Observable Plot. */
interface Plot {
  plot(options: Record<string, unknown>): { outerHTML: string };
  barX(data: unknown[], options: Record<string, unknown>): Mark;
  tickX(data: unknown[], options: Record<string, unknown>): Mark;
  text(data: unknown[], options: Record<string, unknown>): Mark;
  dot(data: unknown[], options: Record<string, unknown>): Mark;
  line(data: unknown[], options: Record<string, unknown>): Mark;
  ruleX(data: unknown[]): Mark;
}

/**
 * Draws one chart for each stage whose distances are equal, and one of some rows
 * over all distances.
 *
 * @throws {TypeError} without npm
 */
export async function drawCharts(
  results: Results,
  folder: string,
): Promise<void> {
  const plot: Plot = await import(PLOT);
  const { parseHTML } = await import(DOM);
  const { document } = parseHTML("<html><body></body></html>");
  await Deno.mkdir(folder, { recursive: true });
  const save = async (name: string, figure: { outerHTML: string }) => {
    // An SVG file, unlike one in a page, must say what it is; and the DOM that
    // is used here takes no style.
    const svg = figure.outerHTML.replace(
      "<svg ",
      `<svg xmlns="http://www.w3.org/2000/svg" style="${STYLE}" `,
    );
    await Deno.writeTextFile(`${folder}/${name}.svg`, `${svg}\n`);
  };
  for (const { t, d, loss } of stagesOf(results)) {
    if (t === 0 || t !== d) continue;
    const of = results.measured.filter((one) =>
      one.t === t && one.d === d && one.loss === loss
    );
    const name = `first-byte-t${t}-d${d}${loss > 0 ? `-loss${loss}` : ""}`;
    await save(name, firstBytes(plot, document, of));
  }
  const points = pointsOf(results);
  if (points.length > 0) {
    await save("over-distance", overDistance(plot, document, points));
  }
}

function stagesOf({ measured }: Results): Measured[] {
  const stages = measured.map((one): [string, Measured] => [
    `${one.t} ${one.d} ${one.loss}`,
    one,
  ]);
  return [...new Map(stages).values()];
}

function plain({ label }: Row): string {
  return label.replaceAll("`", "");
}

/** Bars of the medians of all rows on one stage, with a tick at p95. */
function firstBytes(plot: Plot, document: unknown, of: Measured[]) {
  const { t, d, loss } = of[0]!;
  const bars = ROWS.flatMap((row) => {
    const one = of.find((other) => other.row === row.id);
    if (!one || one.samplesMs.length === 0) return [];
    return [{
      label: plain(row),
      ms: median(one.samplesMs),
      p95: quantile(one.samplesMs, 0.95),
      who: row.id.split("-")[0],
    }];
  });
  const lost = loss > 0 ? `, ${loss * 100} % of the packets lost` : "";
  return plot.plot({
    ...{ document, width: WIDTH, ...MARGINS },
    height: bars.length * BAR_HEIGHT + SURROUNDINGS,
    x: {
      label: `first byte after … ms: median, tick at p95; T = ${t} ms, ` +
        `D = ${d} ms${lost}`,
      labelOffset: 44,
      grid: true,
    },
    y: { label: null, domain: bars.map(({ label }) => label) },
    color: { scheme: "Tableau10" },
    marks: [
      plot.barX(bars, { x: "ms", y: "label", fill: "who" }),
      plot.tickX(bars, { x: "p95", y: "label", stroke: "black", inset: 5 }),
      plot.text(bars, {
        ...{ x: "ms", y: "label", dx: -4, textAnchor: "end", fill: "white" },
        text: ({ ms }: { ms: number }) => ms.toFixed(0),
      }),
      plot.ruleX([0]),
    ],
  });
}

interface DistancePoint {
  label: string;
  apart: number;
  ms: number;
}

const OVER_DISTANCE = [
  "direct",
  "warm",
  "cold",
  "shadowsocks-tfo",
  "linksocks-optimistic",
];

/** Medians where T = D, without loss. */
function pointsOf({ measured }: Results): DistancePoint[] {
  return ROWS.filter(({ id }) => OVER_DISTANCE.includes(id)).flatMap((row) =>
    measured.filter((one) =>
      one.row === row.id && one.t === one.d && one.loss === 0 &&
      one.samplesMs.length > 0
    ).map((one) => ({
      label: plain(row),
      apart: one.t,
      ms: median(one.samplesMs),
    }))
  ).toSorted((a, b) => a.apart - b.apart);
}

function overDistance(
  plot: Plot,
  document: unknown,
  points: DistancePoint[],
) {
  const last = Math.max(...points.map(({ apart }) => apart));
  return plot.plot({
    ...{ document, width: WIDTH, height: 420 },
    ...{ marginLeft: 60, marginRight: 220, marginTop: 40 },
    x: { label: "T = D in ms", grid: true },
    y: { label: "first byte after … ms, median", grid: true },
    color: { scheme: "Tableau10" },
    marks: [
      plot.line(points, { x: "apart", y: "ms", stroke: "label" }),
      plot.dot(points, { x: "apart", y: "ms", fill: "label" }),
      ...points.filter(({ apart }) => apart === last)
        .toSorted((a, b) => a.ms - b.ms)
        .map((point, rank) =>
          plot.text([point], {
            ...{ x: "apart", y: "ms", text: "label", fill: "label" },
            // Lines that end close to each other have labels one above the other.
            ...{ dx: 8, dy: rank % 2 ? -7 : 7, textAnchor: "start" },
          })
        ),
    ],
  });
}
