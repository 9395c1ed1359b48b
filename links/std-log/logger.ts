/**
 * The logger of `@std/log` and what it hands to its handlers. Stand-in for the
 * parts that this project calls.
 *
 * @module
 */
import type { BaseHandler } from "./base_handler.ts";
import { LogRecord } from "./log_record.ts";
import {
  getLevelByName,
  type LevelName,
  type LogLevel,
  LogLevels,
} from "./levels.ts";

export { LogRecord };

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
