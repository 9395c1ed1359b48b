/**
 * What a log handler of `@std/log` is derived from.
 *
 * @module
 */
import { getLevelByName, type LevelName, type LogLevel } from "./levels.ts";
import type { LogRecord } from "./log_record.ts";

/** Turns a record into the text that is logged. */
export type FormatterFunction = (logRecord: LogRecord) => string;

/** Options of a {@linkcode BaseHandler}. */
export interface BaseHandlerOptions {
  /** How a record becomes text; without it level and message. */
  formatter?: FormatterFunction;
}

/** Filters by level, formats, and leaves the writing to the derived class. */
export abstract class BaseHandler {
  /** How a record becomes text. */
  formatter: FormatterFunction;
  readonly #level: LogLevel;

  /** Makes a handler for `levelName` and what is above it. */
  constructor(levelName: LevelName, options: BaseHandlerOptions = {}) {
    this.#level = getLevelByName(levelName);
    this.formatter = options.formatter ??
      (({ levelName, msg }) => `${levelName} ${msg}`);
  }

  /** The lowest level that is let through. */
  get level(): LogLevel {
    return this.#level;
  }

  /** Formats and writes a record, if it is urgent enough. */
  handle(logRecord: LogRecord): void {
    if (this.level > logRecord.level) return;
    this.log(this.format(logRecord));
  }

  /** The text of a record. */
  format(logRecord: LogRecord): string {
    return this.formatter(logRecord);
  }

  /** Writes a text. */
  abstract log(msg: string): void;
}
