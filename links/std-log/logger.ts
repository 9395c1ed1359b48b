/**
 * The logger of `@std/log` and what it hands to its handlers. Stand-in for the
 * parts that this project calls.
 *
 * @module
 */
import type { BaseHandler } from "./base_handler.ts";
import {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
  LogLevels,
} from "./levels.ts";

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

/** Options of a {@linkcode Logger}. */
export interface LoggerOptions {
  /** Who gets the records. */
  handlers?: BaseHandler[];
}

/** Hands records of its level or above to its handlers. */
export class Logger {
  /** Who gets the records. */
  handlers: BaseHandler[];
  readonly #name: string;
  readonly #level: LogLevel;

  /** Makes a logger that lets through `levelName` and what is above it. */
  constructor(
    loggerName: string,
    levelName: LevelName,
    options: LoggerOptions = {},
  ) {
    this.#name = loggerName;
    this.#level = getLevelByName(levelName);
    this.handlers = options.handlers ?? [];
  }

  /** Logs for who looks for a fault. */
  debug(msg: string, ...args: unknown[]): string {
    return this.#log(LogLevels.DEBUG, msg, args);
  }

  /** Logs what is normal. */
  info(msg: string, ...args: unknown[]): string {
    return this.#log(LogLevels.INFO, msg, args);
  }

  /** Logs what may become a fault. */
  warn(msg: string, ...args: unknown[]): string {
    return this.#log(LogLevels.WARN, msg, args);
  }

  /** Logs a fault. */
  error(msg: string, ...args: unknown[]): string {
    return this.#log(LogLevels.ERROR, msg, args);
  }

  #log(level: LogLevel, msg: string, args: unknown[]): string {
    if (level < this.#level) return msg;
    const record = new LogRecord({ msg, args, level, loggerName: this.#name });
    for (const handler of this.handlers) handler.handle(record);
    return msg;
  }
}
