const ROOT = new URL("../../", import.meta.url);

/** One of our programs, in a process of its own; disposing of it kills it. */
export class OurProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void[]>;
  #output = "";
  #isOver = false;
  #changed = Promise.withResolvers<void>();

  /** Starts `deno run -A ENTRY ARGS`, with `env` beside our variables. */
  constructor(entry: string, args: string[], env: Record<string, string> = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", new URL(entry, ROOT).pathname, ...args],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const { stdout, stderr } = this.#child;
    this.#reading = Promise.all([this.#read(stdout), this.#read(stderr)]);
    this.#reading.finally(() => {
      this.#isOver = true;
      this.#changed.resolve();
    });
  }

  /** All that it has said. */
  get output(): string {
    return this.#output;
  }

  /** Waits until its output matches; throws with the output when it ends before. */
  async find(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const found = this.#output.match(pattern);
      if (found) return found;
      if (this.#isOver) throw new Error(`no ${pattern} in: ${this.#output}`);
      await this.#changed.promise;
    }
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Its exit code, once it has ended. */
  async code(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      this.#output += decoder.decode(bytes, { stream: true });
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.code();
  }
}
