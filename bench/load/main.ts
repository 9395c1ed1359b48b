import { parseArgs } from "@std/cli/parse-args";
import { Generator } from "./generator.ts";
import { describeProcesses, guardProcesses } from "./processes.ts";
import { Report } from "./report.ts";
import type { Context } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/mod.ts";

const HELP = `Usage: deno task bench:load [scenario…] [flags]

Scenarios (all without a name): ${Object.keys(SCENARIOS).join(", ")}

Flags:
  --seconds N        How long to measure, where a scenario has a length
  --quick            Short and small runs, to see that all works
  --peer linksocks   slow-reader: the reference takes one side; its Python is
                     named by LINKSOCKS_PYTHON
  --json FILE        Write the rows to FILE
  --help             Show this text`;
const FAILED = 1;
const USAGE = 2;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const flags = parseArgs(args, {
    string: ["seconds", "json", "peer"],
    boolean: ["quick", "help"],
  });
  const names = flags._.length > 0
    ? flags._.map(String)
    : Object.keys(SCENARIOS);
  const unknown = names.find((name) => !(name in SCENARIOS));
  const report = new Report();
  const seconds = flags.seconds === undefined
    ? undefined
    : Number(flags.seconds);
  if (flags.help || unknown || (seconds !== undefined && !(seconds > 0))) {
    if (unknown) report.say(`There is no scenario ${unknown}\n`);
    report.say(HELP);
    return flags.help ? 0 : USAGE;
  }
  guardProcesses();
  const directory = await Deno.makeTempDir({ prefix: "synsocks-bench-" });
  try {
    const generator = await Generator.build(directory);
    if (typeof generator === "string") {
      report.say(`skipped: all: ${generator}`);
      return 0;
    }
    await using origin = generator.start("origin");
    const [, port] = await origin.find(/"port":(\d+)/);
    for (const name of names) {
      const context: Context = {
        generator,
        directory,
        originPort: Number(port),
        seconds,
        quick: flags.quick === true,
        peer: textOf(flags.peer),
        row: (row) => {
          report.row(name, row);
          if (row.failure) describeProcesses().forEach(report.say);
        },
        say: report.say,
        skip: (reason) => report.skip(name, reason),
      };
      report.say(`${name}:`);
      try {
        await SCENARIOS[name]!(context);
      } catch (error) {
        // The others are still worth running.
        report.fail(name, error);
      }
    }
  } finally {
    // Whoever tidied up the temporary files must not cost the report.
    await Deno.remove(directory, { recursive: true }).catch(() => {});
  }
  report.say(`\n${report.markdown()}`);
  const file = textOf(flags.json);
  if (file) await Deno.writeTextFile(file, report.json());
  return report.failures > 0 ? FAILED : 0;
}

function textOf(flag: unknown): string | undefined {
  return typeof flag === "string" ? flag : undefined;
}
