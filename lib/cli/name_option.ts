import { ConfigError } from "../base/errors.ts";
import { type Environment, findVariable } from "./environment.ts";
import type { Flag, FlagTable } from "./flags.ts";
import type { GivenFlags } from "./parse_flags.ts";

/**
 * The same error in the words of the command line: what a role calls `socksPort`, the
 * user knows as `--socks-port`, or as the variable that has set it.
 */
export function nameOption(
  error: ConfigError,
  table: FlagTable,
  given: GivenFlags,
  environment: Environment,
): ConfigError {
  const found = Object.entries<Flag>(table).find(([key, { sets = [key] }]) =>
    sets.includes(error.field)
  );
  if (!found) return error;
  const [key, { name, env }] = found;
  const variable = given.has(key) || env === undefined
    ? undefined
    : findVariable(environment, env);
  return new ConfigError(variable?.name ?? `--${name}`, error.reason);
}
