/**
 * The reader of command lines of `@std/cli`. Stand-in for the parts that this
 * project calls: long flags, single letters, `--` and words.
 *
 * @module
 */

/** What {@linkcode parseArgs} returns. */
export type Args = {
  /** The words that belong to no flag. */
  _: Array<string | number>;
  /** A flag: `true`, text, or an array of them for a collected one. */
  [flag: string]: unknown;
};

/** Options of {@linkcode parseArgs}. */
export interface ParseOptions {
  /** Flags without a value: `false` when absent. */
  boolean?: string | readonly string[];
  /** Flags that may come several times: `[]` when absent. */
  collect?: string | readonly string[];
  /** Flags whose `--no-` form sets them to `false`. */
  negatable?: string | readonly string[];
  /** Flags with a value that stays text. */
  string?: string | readonly string[];
  /**
   * Called with each argument that is none of the flags; when it returns `false`,
   * the argument is left out.
   */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Reads a command line into an object with one property per flag. */
export function parseArgs(args: string[], options: ParseOptions = {}): Args {
  const reader = new Reader(options);
  const end = args.indexOf("--");
  const flags = end === -1 ? args : args.slice(0, end);
  for (let at = 0; at < flags.length;) at += reader.read(flags, at);
  if (end !== -1) reader.result._.push(...args.slice(end + 1));
  reader.fillIn();
  return reader.result;
}

/** One run over a command line. */
class Reader {
  readonly result: Args = { _: [] };
  readonly #booleans: Set<string>;
  readonly #collected: Set<string>;
  readonly #negatables: Set<string>;
  readonly #strings: Set<string>;
  readonly #unknown: ParseOptions["unknown"];

  constructor(options: ParseOptions) {
    this.#booleans = setOf(options.boolean);
    this.#collected = setOf(options.collect);
    this.#negatables = setOf(options.negatable);
    this.#strings = setOf(options.string);
    this.#unknown = options.unknown;
  }

  /** Reads the argument at `at` and tells how many arguments that took. */
  read(args: readonly string[], at: number): number {
    const arg = args[at]!;
    if (!/^-./s.test(arg)) {
      this.#word(arg);
      return 1;
    }
    const match = /^--?(no-)?(.+?)(?:=(.+))?$/s.exec(arg);
    if (match === null) {
      throw new TypeError(`Cannot read ${arg}: not covered by the stand-in`);
    }
    const [, no, name, value] = match as unknown as
      & [string, string | undefined, string]
      & { 3?: string };
    if (value !== undefined) {
      // As in the original, `--no-x=value` is read as `--x=value`.
      this.#set(
        name,
        this.#booleans.has(name) ? value !== "false" : value,
        arg,
      );
      return 1;
    }
    if (no !== undefined && this.#negatables.has(name)) {
      this.result[name] = false;
      return 1;
    }
    return this.#readNext(no === undefined ? name : `no-${name}`, args, at);
  }

  /** The flag has no `=`: its value may be the next argument. */
  #readNext(name: string, args: readonly string[], at: number): number {
    const arg = args[at]!;
    const next = args[at + 1];
    if (next && !next.startsWith("-") && !this.#booleans.has(name)) {
      this.#set(name, next, arg);
      return 2;
    }
    if (next === "true" || next === "false") {
      this.#set(name, next === "true", arg);
      return 2;
    }
    this.#set(name, this.#strings.has(name) ? "" : true, arg);
    return 1;
  }

  /** Gives the flags that were absent the values that they have then. */
  fillIn(): void {
    for (const name of [...this.#booleans, ...this.#strings]) {
      if (name in this.result) continue;
      if (this.#collected.has(name)) this.result[name] = [];
      else if (this.#booleans.has(name)) this.result[name] = false;
    }
  }

  #set(name: string, value: string | boolean, arg: string): void {
    const known = this.#booleans.has(name) || this.#strings.has(name);
    if (!known && this.#unknown?.(arg, name, value) === false) return;
    const before = this.result[name];
    if (!this.#collected.has(name)) this.result[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else this.result[name] = before ? [before, value] : [value];
  }

  #word(arg: string): void {
    if (this.#unknown?.(arg) === false) return;
    this.result._.push(arg);
  }
}

function setOf(names: string | readonly string[] = []): Set<string> {
  return new Set(typeof names === "string" ? [names] : names);
}
