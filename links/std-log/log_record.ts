/**
 * What a logger hands to its handlers. Stand-in for `@std/log`.
 *
 * @module
 */
import { getLevelName, type LogLevel } from "./levels.ts";

/** What a {@linkcode LogRecord} is made of. */
export interface LogRecordOptions {
  /** The message. */
  msg: string;
  /** What was passed behind the message. */
  args: unknown[];
  /** How urgent it is. */
  level: LogLevel;
  /** Who says it. */
  loggerName: string;
}

/** One message with its arguments, its level and its time. */
export class LogRecord {
  /** The message. */
  readonly msg: string;
  /** How urgent it is, as a number. */
  readonly level: number;
  /** How urgent it is, as a word. */
  readonly levelName: string;
  /** Who says it. */
  readonly loggerName: string;
  readonly #args: unknown[];
  readonly #datetime = new Date();

  /** Makes a record of this moment. */
  constructor(options: LogRecordOptions) {
    this.msg = options.msg;
    this.level = options.level;
    this.levelName = getLevelName(options.level);
    this.loggerName = options.loggerName;
    this.#args = [...options.args];
  }

  /** What was passed behind the message. */
  get args(): unknown[] {
    return [...this.#args];
  }

  /** When it was said. */
  get datetime(): Date {
    return new Date(this.#datetime);
  }
}
