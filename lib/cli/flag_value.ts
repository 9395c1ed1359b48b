import { ConfigError } from "../base/errors.ts";
import type {
  ChoiceFlag,
  Flag,
  FlagValue,
  IntegerFlag,
  TextFlag,
} from "./flags.ts";

/** The spellings of Go's `strconv.ParseBool`, which users of LinkSocks know. */
const TRUE_WORDS: readonly string[] = ["1", "t", "T", "TRUE", "true", "True"];
const FALSE_WORDS: readonly string[] = [
  "0",
  "f",
  "F",
  "FALSE",
  "false",
  "False",
];

/** The value that a flag has when nobody says anything. */
export function defaultOf(flag: Flag): FlagValue<Flag> {
  switch (flag.kind) {
    case "switch":
      return false;
    case "count":
      return 0;
    case "list":
      return flag.default ?? [];
    default:
      return flag.default;
  }
}

/**
 * Parses the value of a flag.
 *
 * @param flag The flag.
 * @param texts One text per occurrence; the last one counts.
 * @param label What the user calls it: `--ws-port` or a variable.
 * @returns The value.
 * @throws {ConfigError} If the value is not allowed; names `label`.
 */
export function readFlagValue(
  flag: Flag,
  texts: readonly string[],
  label: string,
): FlagValue<Flag> {
  const text = texts.at(-1) ?? "";
  switch (flag.kind) {
    case "text":
      return checkText(flag, text, label);
    case "choice":
      return parseChoice(flag, text, label);
    case "integer":
      return parseInteger(flag, text, label);
    case "switch":
      return parseSwitch(text, label);
    case "count":
      return texts.length;
    case "list":
      return texts;
  }
}

/**
 * Parses a boolean.
 *
 * @param text What the user wrote.
 * @param label What the user calls it.
 * @returns The boolean.
 * @throws {ConfigError} If it is not one of the accepted words.
 */
export function parseSwitch(text: string, label: string): boolean {
  if (TRUE_WORDS.includes(text)) return true;
  if (FALSE_WORDS.includes(text)) return false;
  throw invalid(label, "true or false", text);
}

function checkText(flag: TextFlag, text: string, label: string): string {
  if (flag.required && text.trim() === "") {
    throw new ConfigError(label, "must not be empty");
  }
  return text;
}

function parseChoice(flag: ChoiceFlag, text: string, label: string): string {
  if (flag.choices.includes(text)) return text;
  throw invalid(label, `one of ${flag.choices.join(", ")}`, text);
}

function parseInteger(flag: IntegerFlag, text: string, label: string): number {
  const { min, max } = flag;
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw invalid(label, `an integer from ${min} to ${max}`, text);
}

function invalid(label: string, rule: string, text: string): ConfigError {
  return new ConfigError(
    label,
    `must be ${rule} but got ${JSON.stringify(text)}`,
  );
}
