/** All that run now, so that none outlives this program. */
const RUNNING = new Map<Deno.ChildProcess, RunningProcess>();
const LINE_DEADLINE_MS = 20_000;
/** How much of an output is kept to be shown when something fails. */
const KEPT_CHARACTERS = 20_000;
const DESCRIBED_CHARACTERS = 1500;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const INTERRUPTED = 130;

/** Kills all children on a signal or an exit of any kind. */
export function guardProcesses(): void {
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      Deno.stderr.writeSync(new TextEncoder().encode(`ended by ${signal}\n`));
      Deno.exit(INTERRUPTED);
    });
  }
  globalThis.addEventListener("unload", () => {
    for (const child of RUNNING.keys()) kill(child);
  });
}

/** What all that run now have said of late; for a look at a failure. */
export function describeProcesses(): string[] {
  return [...RUNNING.values()].map(({ name, pid, isOver, output }) => {
    const said = output.slice(-DESCRIBED_CHARACTERS).trimEnd();
    return `--- ${name} (${pid}${isOver ? ", ended" : ""}):\n${said}`;
  });
}

/** A running program whose output is read; disposing of it kills it. */
export class RunningProcess {
  /** Its process id. */
  readonly pid: number;
  /** Its command line. */
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<unknown>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #output = "";
  #changed = Promise.withResolvers<void>();
  #over = false;

  /** Starts `program`. */
  constructor(
    program: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.#child = new Deno.Command(program, {
      args: [...args],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    RUNNING.set(this.#child, this);
    this.pid = this.#child.pid;
    this.name = [program, ...args].join(" ");
    this.#input = this.#child.stdin.getWriter();
    const { stdout, stderr } = this.#child;
    this.#reading = Promise.all([this.#read(stdout), this.#read(stderr)])
      .finally(() => {
        this.#over = true;
        this.#changed.resolve();
      });
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#over;
  }

  /** What it said of late. */
  get output(): string {
    return this.#output;
  }

  /**
   * Waits until its output matches.
   *
   * @throws {Error} with all that it said, when it ends or 20 s have passed
   */
  async find(
    pattern: RegExp,
    deadlineMs = LINE_DEADLINE_MS,
  ): Promise<RegExpMatchArray> {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no ${pattern} in: ${this.#output}`)),
      deadlineMs,
    );
    try {
      for (;;) {
        const found = this.#output.match(pattern);
        if (found) return found;
        if (this.#over) throw new Error(`it ended: ${this.#output}`);
        await Promise.race([this.#changed.promise, promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends its standard input. */
  async endInput(): Promise<void> {
    await this.#input.close();
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(decoder())) {
      this.#output = (this.#output + text).slice(-KEPT_CHARACTERS);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  /** Kills it and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    kill(this.#child);
    await this.#child.status;
    RUNNING.delete(this.#child);
    await this.#reading;
  }
}

function decoder(): TransformStream<Uint8Array, string> {
  return new TextDecoderStream() as unknown as TransformStream<
    Uint8Array,
    string
  >;
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended already.
    if (!(error instanceof TypeError)) throw error;
  }
}
