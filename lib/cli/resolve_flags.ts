import { defaultOf, readFlagValue } from "./flag_value.ts";
import type { FlagSource, FlagSources } from "./flag_source.ts";
import type {
  Flag,
  FlagTable,
  FlagValue,
  FlagValues,
  IdleFlags,
} from "./flags.ts";
import { UsageError } from "./usage_error.ts";

/** A variable that changes nothing for the command that runs. */
export interface IgnoredVariable {
  /** Its name. */
  readonly variable: string;
  /** Why, such as `it needs --reverse`. */
  readonly because: string;
}

/** What the flags of a command say. */
export interface ResolvedFlags<T extends FlagTable> {
  /** One value for each flag of the table. */
  readonly values: FlagValues<T>;
  /** Variables that were left out of the values. */
  readonly ignored: readonly IgnoredVariable[];
}

/**
 * Gives every flag its value: from its source, else the default.
 *
 * @param table The flags of the command.
 * @param sources Where the values come from.
 * @param idle Which flags have no effect. A flag is then refused, unless it
 *   asks for the default; a variable is ignored with a warning, since it may
 *   serve several commands.
 * @returns The values.
 * @throws {ConfigError} If a value is not allowed.
 * @throws {UsageError} If a flag has no effect, or asks for what this version
 *   does not support.
 */
export function resolveFlags<T extends FlagTable>(
  table: T,
  sources: FlagSources,
  idle: (values: FlagValues<T>) => IdleFlags = () => ({}),
): ResolvedFlags<T> {
  const values: Record<string, FlagValue<Flag>> = {};
  const failures = new Map<string, unknown>();
  for (const [key, flag] of Object.entries(table)) {
    values[key] = defaultOf(flag);
    const source = sources.get(key);
    if (source === undefined) continue;
    try {
      values[key] = resolveFlag(flag, source);
    } catch (error) {
      failures.set(key, error);
    }
  }
  const ignored: IgnoredVariable[] = [];
  for (const [key, because] of Object.entries(idle(values as FlagValues<T>))) {
    const source = sources.get(key);
    const flag = table[key]!;
    if (source === undefined) continue;
    if (!source.isVariable) {
      if (values[key] === defaultOf(flag)) continue;
      throw new UsageError(`${source.label} changes nothing here: ${because}`);
    }
    ignored.push({ variable: source.label, because });
    failures.delete(key);
    values[key] = defaultOf(flag);
  }
  for (const error of failures.values()) throw error;
  return { values: values as FlagValues<T>, ignored };
}

function resolveFlag(
  flag: Flag,
  { texts, label }: FlagSource,
): FlagValue<Flag> {
  const value = readFlagValue(flag, texts, label);
  checkAvailable(flag, value, label);
  return value;
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
