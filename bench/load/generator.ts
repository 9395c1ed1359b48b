import { RunningProcess } from "./processes.ts";

const SOURCE = new URL("socksload.c", import.meta.url).pathname;
const RUN_DEADLINE_MS = 300_000;

/** The load generator in C (see the head of `socksload.c`). */
export class Generator {
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
  }

  /**
   * Compiles it into `directory`.
   *
   * @returns it, or the reason why it cannot be had
   */
  static async build(directory: string): Promise<Generator | string> {
    const program = `${directory}/socksload`;
    try {
      const { success, stderr } = await new Deno.Command("cc", {
        args: ["-O2", "-o", program, SOURCE],
      }).output();
      if (success) return new Generator(program);
      return `cc failed: ${new TextDecoder().decode(stderr)}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return "there is no C compiler (cc)";
    }
  }

  /** Starts a mode that goes on until it is disposed of. */
  start(mode: string, ...args: number[]): RunningProcess {
    return new RunningProcess(this.#program, [mode, ...args.map(String)]);
  }

  /**
   * Runs a mode to its end.
   *
   * @returns what it printed
   * @throws {Error} when it reports an error or does not end
   */
  async run<T>(mode: string, ...args: number[]): Promise<T> {
    await using process = this.start(mode, ...args);
    const line = await process.find(/^(\{.*\})\n/m, RUN_DEADLINE_MS);
    const result = JSON.parse(line[1]!);
    if (result.error) throw new Error(`${mode}: ${result.error}`);
    return result;
  }
}

/** What `requests` prints. */
export interface Requests {
  perSecond: number;
  errors: number;
  /** Apps that had waited for more than 3 s at the end. */
  stuck: number;
  p50: number;
  p99: number;
  max: number;
}

/** What `download` and `upload` print. */
export interface Transfer {
  bytes: number;
  /** Where the first wrong byte was; -1 if all were right. */
  badAt: number;
  /** `end`, `stall` (nothing for 60 s), or an error of the system. */
  end: string;
  seconds: number;
}

/** What `echo` prints; times are in milliseconds. */
export interface Echo {
  count: number;
  p50: number;
  p99: number;
  max: number;
}
