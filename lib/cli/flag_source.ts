import { ConfigError } from "../base/errors.ts";
import type { Environment } from "../base/environment.ts";
import { findVariable } from "./environment.ts";
import type { Flag, FlagTable } from "./flags.ts";
import type { GivenFlags } from "./parse_flags.ts";

/** Where the value of a flag comes from. */
export interface FlagSource {
  /** How the user knows the place: `--ws-port`, or the name of a variable. */
  readonly label: string;
  /** What was written: one text for each time. */
  readonly texts: readonly string[];
  /** It is a variable. */
  readonly isVariable: boolean;
}

/** The sources of those flags that have one, by key of the table. */
export type FlagSources = ReadonlyMap<string, FlagSource>;

/**
 * Finds the source of each flag's value: the command line, then the
 * environment.
 *
 * @param table The flags of the command.
 * @param given The flags of the command line.
 * @param environment Where to look up variables.
 */
export function findSources(
  table: FlagTable,
  given: GivenFlags,
  environment: Environment,
): FlagSources {
  const sources = new Map<string, FlagSource>();
  for (const [key, flag] of Object.entries(table)) {
    const texts = given.get(key);
    const source = texts
      ? { label: `--${flag.name}`, texts, isVariable: false }
      : readEnvironment(flag, environment);
    if (source) sources.set(key, source);
  }
  return sources;
}

function readEnvironment(
  flag: Flag,
  environment: Environment,
): FlagSource | undefined {
  const variable = flag.env && findVariable(environment, flag.env);
  if (!variable) return undefined;
  const { name: label, value } = variable;
  // A repeated flag is a list in a variable.
  const texts = flag.kind === "list" ? value.split(/[\s,]+/) : [value];
  return { label, texts, isVariable: true };
}

/**
 * Rewrites an error about a property for the user: it names the flag that sets
 * the property, or the variable that the value came from.
 *
 * @returns The same error if no flag sets the property.
 */
export function inUserWords(
  error: ConfigError,
  table: FlagTable,
  sources: FlagSources,
): ConfigError {
  const { field, reason } = error;
  const flags = Object.entries(table).filter(([key, { sets }]) =>
    (sets ?? [key]).includes(field)
  );
  const [key, flag] = flags[0] ?? [];
  if (key === undefined || flag === undefined) return error;
  return new ConfigError(sources.get(key)?.label ?? `--${flag.name}`, reason);
}
