import { parseSwitch } from "./flag_value.ts";
import type { Flag } from "./flags.ts";
import { UsageError } from "./usage_error.ts";

/** A flag under one of its long names; `--x` is the inverse of the flag `--no-x`. */
interface LongName {
  flag: Flag;
  inverse: boolean;
}

/**
 * Rewrites a command line so that parse-args does not have to guess: short
 * flags become long, each value follows an equals sign, and words follow `--`.
 * By itself parse-args reads `-T -1` as two flags and `-tabc` as four, and
 * cannot tell a missing value from an empty one.
 *
 * Unknown flags are left for parse-args to report.
 *
 * @param flags The known flags.
 * @param args The command line.
 * @returns The same command line, spelled out.
 * @throws {UsageError} If a value is missing.
 * @throws {ConfigError} If a switch has a value that is not a boolean.
 */
export function spellOut(
  flags: readonly Flag[],
  args: readonly string[],
): string[] {
  const speller = new Speller(flags, args);
  speller.run();
  return [...speller.spelled, "--", ...speller.words];
}

/** The way through one command line. */
class Speller {
  readonly spelled: string[] = [];
  readonly words: string[] = [];
  readonly #longs = new Map<string, LongName>();
  readonly #shorts = new Map<string, Flag>();
  readonly #rest: string[];

  constructor(flags: readonly Flag[], args: readonly string[]) {
    this.#rest = [...args];
    for (const flag of flags) {
      this.#longs.set(flag.name, { flag, inverse: false });
      if (flag.name.startsWith("no-")) {
        this.#longs.set(flag.name.slice(3), { flag, inverse: true });
      }
      if (flag.short !== undefined) this.#shorts.set(flag.short, flag);
    }
  }

  run(): void {
    for (
      let arg = this.#rest.shift();
      arg !== undefined;
      arg = this.#rest.shift()
    ) {
      if (arg === "--") this.words.push(...this.#rest.splice(0));
      else if (arg.startsWith("--")) this.#spellLong(arg);
      else if (arg.length > 1 && arg.startsWith("-")) this.#spellShorts(arg);
      else this.words.push(arg);
    }
  }

  #spellLong(arg: string): void {
    const [, name, , value] = /^--([^=]*)(=(.*))?$/s.exec(arg)!;
    const known = this.#longs.get(name!);
    if (known === undefined) this.spelled.push(arg);
    else this.#spell(known.flag, `--${name}`, value, known.inverse);
  }

  #spellShorts(arg: string): void {
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at]!;
      const flag = this.#shorts.get(letter);
      if (flag === undefined) {
        this.spelled.push(`-${letter}`);
        return;
      }
      const tail = arg.slice(at + 1);
      const takesTail = tail.startsWith("=") || (takesValue(flag) && tail);
      const value = takesTail ? tail.replace(/^=/, "") : undefined;
      this.#spell(flag, `-${letter}`, value, false);
      if (takesTail) return;
    }
  }

  #spell(
    flag: Flag,
    typed: string,
    value: string | undefined,
    inverse: boolean,
  ): void {
    if (takesValue(flag)) {
      const text = value ?? this.#nextValue(typed);
      // parse-args would read `--name=` as a flag called `name=`.
      this.spelled.push(text ? `--${flag.name}=${text}` : `--${flag.name}`);
    } else if (flag.kind === "switch") {
      const on = value === undefined || parseSwitch(value, typed);
      this.spelled.push(spellSwitch(flag.name, on !== inverse));
    } else if (value === undefined) {
      this.spelled.push(`--${flag.name}`);
    } else {
      throw new UsageError(
        `Unexpected value for ${typed}: repeat the flag instead`,
      );
    }
  }

  #nextValue(typed: string): string {
    const next = this.#rest[0];
    if (next === undefined || this.#isFlag(next)) {
      throw new UsageError(`Missing value for ${typed}`);
    }
    this.#rest.shift();
    return next;
  }

  /** `-1` and `-abc` may be values, `--url` and `-u` are forgotten ones. */
  #isFlag(arg: string): boolean {
    if (arg.startsWith("--")) return this.#longs.has(arg.slice(2));
    return arg.length === 2 && arg[0] === "-" && this.#shorts.has(arg[1]!);
  }
}

function takesValue(flag: Flag): boolean {
  return flag.kind !== "switch" && flag.kind !== "count";
}

function spellSwitch(name: string, on: boolean): string {
  // parse-args would read `--no-x=false` as `--x=false`, the opposite.
  if (name.startsWith("no-")) return on ? `--${name}` : `--${name.slice(3)}`;
  return on ? `--${name}` : `--${name}=false`;
}
