import { guardProcesses } from "../load/processes.ts";
import { measure } from "./measure.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { keepAwake } from "./processors.ts";
import { markdown, summaryLine } from "./report.ts";
import { jsonOf, type Results } from "./results.ts";
import { guardNamespaces, Stage, whyNoStage } from "./stage.ts";

const FAILED = 1;
const USAGE = 2;

if (import.meta.main) Deno.exit(await main(Deno.args));

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

async function main(args: string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = parseOptions(args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    say(`${error.message}\n\n${HELP}`);
    return USAGE;
  }
  if (!options) {
    say(HELP);
    return 0;
  }
  const { files } = options;
  const reason = files.from === undefined ? whyNoStage() : undefined;
  if (reason !== undefined) {
    say(`skipped: all: ${reason}`);
    return 0;
  }
  const results: Results = files.from === undefined
    ? await measureAll(options, `deno task bench:rtt ${args.join(" ")}`.trim())
    : JSON.parse(await Deno.readTextFile(files.from));
  const tables = markdown(results);
  say(`\n${tables}`);
  if (files.markdown) await Deno.writeTextFile(files.markdown, tables);
  if (files.charts) {
    // Only who wants charts needs npm.
    const { drawCharts } = await import("./chart.ts");
    await drawCharts(results, files.charts);
  }
  return results.measured.some(({ failures }) => failures.length > 0)
    ? FAILED
    : 0;
}

async function measureAll(
  { stages, rows, samples, atOnce, seed, files }: Options,
  command: string,
): Promise<Results> {
  guardNamespaces();
  guardProcesses();
  const results: Results = {
    command,
    date: new Date().toISOString(),
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    processors: navigator.hardwareConcurrency,
    ...{ samples, atOnce, seed },
    measured: [],
  };
  const waiting = stages.entries();
  using _awake = keepAwake();
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const [index, distances] of waiting) {
      await using stage = await Stage.open(distances, seed + 2 * index);
      for (const row of rows) {
        const measured = await measure(stage, row, samples);
        results.measured.push(measured);
        say(summaryLine(measured));
      }
      // What was measured is not lost when a later stage ends the run.
      if (files.json) await Deno.writeTextFile(files.json, jsonOf(results));
    }
  }));
  return results;
}
