import { ffiSupport } from "../../ffi/mod.ts";

/** Far less than the longest timer of a client, which must not hold the process. */
const DEADLINE_MS = 20_000;
const DECODER = new TextDecoder();

function ip(...args: string[]): { success: boolean; text: string } {
  try {
    const { success, stdout, stderr } = new Deno.Command("ip", {
      args,
      stdin: "null",
    }).outputSync();
    return { success, text: DECODER.decode(stdout) + DECODER.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, text: "there is no program named ip" };
  }
}

function uniqueName(): string {
  return `synsocks-${crypto.randomUUID().slice(0, 8)}`;
}

/** Why no test can have a network namespace here; nothing if it can. */
function whyNot(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "needs root for a network namespace";
  const ffi = ffiSupport();
  if (!ffi.supported) return ffi.reason;
  const name = uniqueName();
  const { success, text } = ip("netns", "add", name);
  if (!success) return `cannot make a network namespace: ${text.trim()}`;
  ip("netns", "delete", name);
  return undefined;
}

const REASON = whyNot();

/** Whether a program is there. */
export function hasProgram(name: string): boolean {
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'command -v "$0"', name],
    stdin: "null",
    stdout: "null",
  }).outputSync().success;
}

/**
 * Registers a test that needs a network namespace, and perhaps a program in it;
 * skips it with the reason.
 */
export function testInNamespace(
  name: string,
  fn: () => Promise<void>,
  program?: string,
): void {
  const reason = REASON ??
    (program === undefined || hasProgram(program)
      ? undefined
      : `there is no program named ${program}`);
  if (reason !== undefined) {
    // deno-lint-ignore no-console
    console.log(`skipped: ${name}: ${reason}`);
  }
  Deno.test({ name, ignore: reason !== undefined, fn });
}

/** What else a namespace has. */
export interface NamespaceOptions {
  /** Shell commands that run in it before the program. */
  setup?: string;
  /** Arguments of the program. */
  args?: readonly string[];
}

/**
 * Runs the program `path` in a network namespace of its own, in which
 * net.ipv4.tcp_fastopen is `sysctl`, and gives what it prints, which is JSON.
 */
export async function runInNamespace<T>(
  sysctl: number,
  path: string,
  { setup = ":", args = [] }: NamespaceOptions = {},
): Promise<T> {
  const name = uniqueName();
  const added = ip("netns", "add", name);
  if (!added.success) throw new Error(added.text);
  try {
    const script = 'ip link set lo up && echo "$0" > ' +
      `/proc/sys/net/ipv4/tcp_fastopen && { ${setup}; } && exec "$@"`;
    const program = [Deno.execPath(), "run", "-A", path, ...args];
    const output = await new Deno.Command("ip", {
      args: [
        ...["netns", "exec", name, "/bin/sh", "-c", script, String(sysctl)],
        ...program,
      ],
      stdin: "null",
      signal: AbortSignal.timeout(DEADLINE_MS),
    }).output();
    const text = DECODER.decode(output.stdout);
    if (!output.success || text === "") {
      throw new Error(text + DECODER.decode(output.stderr));
    }
    return JSON.parse(text);
  } finally {
    ip("netns", "delete", name);
  }
}
