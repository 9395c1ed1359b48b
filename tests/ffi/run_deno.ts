import { hasProgram } from "../netns/_namespace.ts";

/** What a program of our own did that ran in a process of its own. */
export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(command: Deno.Command): Promise<RunResult> {
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** Runs `deno run ARGS` with nobody at its terminal, until it ends by itself. */
export function runDeno(args: readonly string[]): Promise<RunResult> {
  return run(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-config", ...args],
      stdin: "null",
      signal: AbortSignal.timeout(20_000),
    }),
  );
}

/** Whether `runDenoAtTerminal` can be used; else the reason is printed. */
export const HAS_SCRIPT: boolean = hasProgram("script");
// deno-lint-ignore no-console -- the reason belongs to the test's output
if (!HAS_SCRIPT) console.log("skipped: there is no program named script");

/** As `runDeno`, at a terminal, where Deno asks for permissions; needs `script`. */
export function runDenoAtTerminal(args: readonly string[]): Promise<RunResult> {
  const command = [Deno.execPath(), "run", "--no-config", ...args];
  return run(
    new Deno.Command("script", {
      args: ["-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"],
      stdin: "null",
      signal: AbortSignal.timeout(20_000),
    }),
  );
}

/** As `runDeno`, in a process that may have `limit` descriptors. */
export function runDenoWithDescriptors(
  limit: number,
  args: readonly string[],
): Promise<RunResult> {
  const script = `ulimit -n ${limit}; exec "$0" run --no-config "$@"`;
  return run(
    new Deno.Command("/bin/sh", {
      args: ["-c", script, Deno.execPath(), ...args],
      stdin: "null",
      signal: AbortSignal.timeout(20_000),
    }),
  );
}

/** The path of a file beside the test that asks. */
export function pathBeside(moduleUrl: string, name: string): string {
  return new URL(name, moduleUrl).pathname;
}
