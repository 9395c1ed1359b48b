import type { Environment } from "../base/environment.ts";

/** Our names come first; those of LinkSocks are understood. */
const PREFIXES: readonly string[] = ["SYNSOCKS_", "LINKSOCKS_"];

/** A variable that is set, with the name under which it was found. */
export interface Variable {
  /** The full name. */
  name: string;
  /** The value, without white space around it; never empty. */
  value: string;
}

/**
 * Looks a variable up under both prefixes. A blank one counts as unset.
 *
 * @param environment Where to look.
 * @param suffix The name behind the prefix, such as `TOKEN`.
 * @returns The variable, or `undefined` if neither is set.
 */
export function findVariable(
  environment: Environment,
  suffix: string,
): Variable | undefined {
  for (const prefix of PREFIXES) {
    const name = prefix + suffix;
    const value = environment(name)?.trim();
    if (value) return { name, value };
  }
  return undefined;
}

/**
 * The variables of this process. One that it has no permission to read counts
 * as unset: the command line alone must be enough.
 */
export function systemEnvironment(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
