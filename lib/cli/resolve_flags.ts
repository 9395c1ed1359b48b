import { type Environment, findVariable } from "./environment.ts";
import { defaultOf, readFlagValue } from "./flag_value.ts";
import type { Flag, FlagTable, FlagValue, FlagValues } from "./flags.ts";
import type { GivenFlags } from "./parse_flags.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Gives every flag its value: from the command line, else from the environment,
 * else the default.
 *
 * @param table The flags of the command.
 * @param given What the command line says.
 * @param environment Where variables are looked up.
 * @returns One value for each flag of the table.
 * @throws {ConfigError} If a flag may not have its value.
 * @throws {UsageError} If a flag asks for what this version cannot do.
 */
export function resolveFlags<T extends FlagTable>(
  table: T,
  given: GivenFlags,
  environment: Environment,
): FlagValues<T> {
  const values = Object.entries(table).map(([key, flag]) =>
    [key, resolveFlag(flag, given.get(key), environment)] as const
  );
  return Object.fromEntries(values) as FlagValues<T>;
}

function resolveFlag(
  flag: Flag,
  given: readonly string[] | undefined,
  environment: Environment,
): FlagValue<Flag> {
  const source = given
    ? { label: `--${flag.name}`, texts: given }
    : readEnvironment(flag, environment);
  if (source === undefined) return defaultOf(flag);
  const value = readFlagValue(flag, source.texts, source.label);
  checkAvailable(flag, value, source.label);
  return value;
}

function readEnvironment(
  flag: Flag,
  environment: Environment,
): { label: string; texts: readonly string[] } | undefined {
  const variable = flag.env && findVariable(environment, flag.env);
  if (!variable) return undefined;
  const { name: label, value } = variable;
  // What is repeated on a command line stands side by side in a variable.
  const texts = flag.kind === "list" ? value.split(/[\s,]+/) : [value];
  return { label, texts };
}

function checkAvailable(
  flag: Flag,
  value: FlagValue<Flag>,
  label: string,
): void {
  if (flag.unavailable === undefined || value === defaultOf(flag)) return;
  if (flag.harmless?.some((harmless) => harmless === value)) return;
  const name = `--${flag.name}`;
  const subject = label === name ? name : `${label} (${name})`;
  throw new UsageError(
    `${subject} is not available in this version yet: ${flag.unavailable}`,
  );
}
