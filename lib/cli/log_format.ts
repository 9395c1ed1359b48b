import type { LogFields } from "../base/logger.ts";
import { plainFields, type PlainValue } from "./log_fields.ts";

/** The levels of our logger, in rising order. */
export type LogLevelWord = "debug" | "info" | "warn" | "error";

/** What one log line says. */
export interface LogLine {
  /** When. */
  time: Date;
  /** How urgent. */
  level: LogLevelWord;
  /** What, always in the same words. */
  message: string;
  /** What differs from time to time. */
  fields: LogFields;
}

/** Code and SGR color of each level: the codes are those of LinkSocks. */
const LEVELS: { readonly [L in LogLevelWord]: readonly [string, number] } = {
  debug: ["DBG", 90],
  info: ["INF", 32],
  warn: ["WRN", 33],
  error: ["ERR", 31],
};

/**
 * One line for people: `2026-11-21T03:43:46Z INF message key=value`.
 *
 * @param line The line to format.
 * @param colored Whether the level is colored.
 * @returns The line without a newline.
 */
export function formatTextLine(line: LogLine, colored: boolean): string {
  const [code, color] = LEVELS[line.level];
  return [
    `${line.time.toISOString().slice(0, 19)}Z`,
    colored ? `\x1b[${color}m${code}\x1b[0m` : code,
    escapeControls(line.message),
    ...plainFields(line.fields).map(([name, value]) =>
      `${name}=${quote(value)}`
    ),
  ].join(" ");
}

/**
 * One line for programs: a JSON object with `time`, `level`, `msg` and the fields.
 *
 * @param line The line to format.
 * @returns The line without a newline.
 */
export function formatJsonLine(line: LogLine): string {
  const object: Record<string, PlainValue> = {
    time: line.time.toISOString(),
    level: line.level,
    msg: line.message,
  };
  for (const [name, value] of plainFields(line.fields)) {
    object[name in object ? `${name}_` : name] = value;
  }
  return JSON.stringify(object);
}

/** A value that a reader could not tell from its surroundings gets quotes. */
function quote(value: PlainValue): string {
  const text = String(value);
  return text === "" || /[\s"=\p{Cc}]/u.test(text)
    ? escapeControls(JSON.stringify(text))
    : text;
}

/** A peer's text must not move the cursor of whoever reads the log. */
function escapeControls(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
