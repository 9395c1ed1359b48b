import { parseArgs } from "@std/cli/parse-args";
import type { Flag, FlagTable } from "./flags.ts";
import { nearestWord } from "./nearest_word.ts";
import { spellOut } from "./spell_out.ts";
import { UsageError } from "./usage_error.ts";

/** What the command line says, by key of the table; what it leaves out is absent. */
export type GivenFlags = ReadonlyMap<string, readonly string[]>;

/**
 * Parses a command line with a table of flags.
 *
 * @param table The flags of the command.
 * @param args The arguments behind the command.
 * @returns The texts of each flag that was given, one per occurrence.
 * @throws {UsageError} If a flag is unknown, a value is missing, or there is an
 *   extra word.
 * @throws {ConfigError} If a switch has a value that is not a boolean.
 */
export function parseFlags(
  table: FlagTable,
  args: readonly string[],
): GivenFlags {
  const flags = Object.values(table);
  const switches = flags.filter(isSwitch).map(positiveName);
  const valued = flags.filter((flag) => !isSwitch(flag)).map(positiveName);
  const parsed: Record<string, unknown> & { _: Array<string | number> } =
    parseArgs(spellOut(flags, args), {
      boolean: switches,
      string: valued,
      collect: [...switches, ...valued],
      negatable: flags.filter(isNegative).map(positiveName),
      unknown: (arg, key) => rejectUnknown(flags, arg, key),
    });
  if (parsed._.length > 0) {
    throw new UsageError(`Unexpected argument: ${parsed._[0]}`);
  }
  return collectGiven(table, parsed);
}

function collectGiven(
  table: FlagTable,
  parsed: Readonly<Record<string, unknown>>,
): GivenFlags {
  const given = new Map<string, readonly string[]>();
  for (const [key, flag] of Object.entries(table)) {
    const values = [parsed[positiveName(flag)]].flat();
    if (values.length === 0) continue;
    const texts = isNegative(flag)
      ? values.map((value) => String(!value))
      : values.map(String);
    given.set(key, texts);
  }
  return given;
}

function rejectUnknown(
  flags: readonly Flag[],
  arg: string,
  key: string | undefined,
): never | true {
  if (key === undefined) return true; // A word: it ends up among the words.
  const typed = arg.replace(/=.*$/s, "");
  const near = typed.startsWith("--")
    ? nearestWord(typed.slice(2), flags.map((flag) => flag.name))
    : undefined;
  throw new UsageError(
    `Unknown flag: ${typed}${near ? `. Did you mean --${near}?` : ""}`,
  );
}

/** `parse-args` knows `--no-x` as the negation of `x`. */
function positiveName(flag: Flag): string {
  return isNegative(flag) ? flag.name.slice(3) : flag.name;
}

function isNegative(flag: Flag): boolean {
  return isSwitch(flag) && flag.name.startsWith("no-");
}

function isSwitch(flag: Flag): boolean {
  return flag.kind === "switch" || flag.kind === "count";
}
