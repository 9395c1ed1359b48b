/**
 * Runs each test file in a process of its own, several at a time: a file counts
 * descriptors, changes limits or uses up memory without another one beside it.
 *
 *     deno run -A tests/run.ts [FILE or FOLDER]... [--FLAG of deno test]...
 *
 * `DENO_JOBS` says how many run at a time; two for each processor by default.
 */

/** They wait the longest for others, so they start first. */
const FIRST = ["interop", "netns", "e2e", "modes", "ffi", "session", "join"];
/** No file may take longer: one that hangs fails, with what it has printed. */
const DEADLINE_MS = 300_000;
/** Where examples in comments and in Markdown are run. */
const DOCUMENTED = [
  ...["README.md", "mod.ts", "cli.ts", "server.ts", "client.ts"],
  ...["lib", "ffi", "examples"],
];
const ROOT = new URL("../", import.meta.url).pathname;
const COUNTS =
  /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?: \| (\d+) ignored)?/m;
const ENCODER = new TextEncoder();

interface Job {
  name: string;
  args: string[];
}

interface Result {
  name: string;
  passed: number;
  failed: number;
  ignored: number;
  output: string;
  seconds: string;
}

async function print(text: string): Promise<void> {
  const bytes = ENCODER.encode(text + "\n");
  for (let at = 0; at < bytes.length;) {
    at += await Deno.stdout.write(bytes.subarray(at));
  }
}

/** All test files below `folder`, a path below `tests/`. */
async function testFiles(folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (
    const { name, isDirectory } of Deno.readDir(`${ROOT}tests/${folder}`)
  ) {
    if (isDirectory) files.push(...await testFiles(`${folder}${name}/`));
    else if (name.endsWith("_test.ts")) files.push(`tests/${folder}${name}`);
  }
  return files;
}

function rank(file: string): number {
  const folder = file.split("/")[1]!;
  return FIRST.includes(folder) ? FIRST.indexOf(folder) : FIRST.length;
}

/** What to run: the files that begin with one of `wanted`, or all and the docs. */
async function findJobs(
  wanted: readonly string[],
  flags: readonly string[],
): Promise<Job[]> {
  const files = (await testFiles()).sort((a, b) =>
    rank(a) - rank(b) || a.localeCompare(b)
  );
  const paths = wanted.map((path) => path.replace(/^\.\//, ""));
  const chosen = paths.length === 0
    ? files
    : files.filter((file) => paths.some((path) => file.startsWith(path)));
  const jobs = chosen.map((name) => ({
    name,
    args: ["--no-check", "--permit-no-files", ...flags, name],
  }));
  const docs = { name: "docs", args: ["--doc", ...DOCUMENTED] };
  return paths.length + flags.length === 0 ? [...jobs, docs] : jobs;
}

async function run({ name, args }: Job): Promise<Result> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(DEADLINE_MS),
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  const [, passed = 0, failed = 0, ignored = 0] =
    [...output.matchAll(new RegExp(COUNTS, "gm"))].at(-1)?.map((count) =>
      Number(count ?? 0)
    ) ?? [];
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  // One that did not come to its end has failed, whatever it counted.
  const least = success ? 0 : 1;
  return {
    ...{ name, passed, ignored, output, seconds },
    failed: Math.max(failed, least),
  };
}

async function main(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const flags = args.filter((arg) => arg.startsWith("-"));
  const jobs = await findJobs(
    args.filter((arg) => !flags.includes(arg)),
    flags,
  );
  const results: Result[] = [];
  const work = async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) {
      const result = await run(job);
      results.push(result);
      const { name, passed, failed, seconds, output } = result;
      const verdict = failed > 0 ? "FAILED" : "ok";
      await print(
        `${verdict.padEnd(6)} ${name} (${passed} passed, ${seconds} s)`,
      );
      if (failed > 0) await print(output);
      for (const line of output.match(/^skipped: .*/gm) ?? []) {
        await print(line);
      }
    }
  };
  const count = Number(Deno.env.get("DENO_JOBS")) ||
    2 * navigator.hardwareConcurrency;
  await Promise.all(Array.from({ length: count }, work));
  const sum = (key: "passed" | "failed" | "ignored") =>
    results.reduce((total, result) => total + result[key], 0);
  const bad = results.filter(({ failed }) => failed > 0);
  for (const { name } of bad) await print(`FAILED ${name}`);
  const seconds = Math.round((performance.now() - start) / 1000);
  const verdict = bad.length > 0 || results.length === 0 ? "FAILED" : "ok";
  await print(
    `${verdict} | ${sum("passed")} passed | ${sum("failed")} failed | ` +
      `${sum("ignored")} ignored (${seconds} s)`,
  );
  return verdict === "ok" ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
