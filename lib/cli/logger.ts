import { BaseHandler } from "@std/log/base-handler";
import type { LevelName } from "@std/log/levels";
import { Logger as StdLogger, type LogRecord } from "@std/log/logger";
import type { LogFields, Logger } from "../base/logger.ts";
import {
  formatJsonLine,
  formatTextLine,
  type LogLevelWord,
} from "./log_format.ts";

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** The lowest level that is printed. */
  level: LogLevelWord;
  /** For people or for programs. */
  format: "text" | "json";
  /** Whether text has colored levels. */
  colored: boolean;
  /** Takes each finished line. */
  write: (line: string) => void;
}

/**
 * Makes the logger that prints.
 *
 * @param options Level, format and output.
 * @returns A logger to hand to the roles.
 */
export function createLogger(options: LoggerOptions): Logger {
  const handler = new LineHandler(options);
  const level = options.level.toUpperCase() as LevelName;
  return new PrintingLogger(
    new StdLogger("synsocks", level, { handlers: [handler] }),
    {},
  );
}

/**
 * The level for a number of `-d`: none is `info`, one or more is `debug`.
 *
 * @param verbosity How many times the flag was given.
 * @returns The lowest level to print.
 */
export function levelForVerbosity(verbosity: number): LogLevelWord {
  return verbosity > 0 ? "debug" : "info";
}

/** Our interface on top of that of `@std/log`: fields travel as the first argument. */
class PrintingLogger implements Logger {
  readonly #logger: StdLogger;
  readonly #fields: LogFields;

  constructor(logger: StdLogger, fields: LogFields) {
    this.#logger = logger;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#logger.debug(message, { ...this.#fields, ...fields });
  }

  info(message: string, fields?: LogFields): void {
    this.#logger.info(message, { ...this.#fields, ...fields });
  }

  warn(message: string, fields?: LogFields): void {
    this.#logger.warn(message, { ...this.#fields, ...fields });
  }

  error(message: string, fields?: LogFields): void {
    this.#logger.error(message, { ...this.#fields, ...fields });
  }

  child(fields: LogFields): Logger {
    return new PrintingLogger(this.#logger, { ...this.#fields, ...fields });
  }
}

/** Hands finished lines to a function. */
class LineHandler extends BaseHandler {
  readonly #write: (line: string) => void;

  constructor(options: LoggerOptions) {
    super("NOTSET", { formatter: (record) => formatRecord(record, options) });
    this.#write = options.write;
  }

  override log(line: string): void {
    this.#write(line);
  }
}

function formatRecord(record: LogRecord, options: LoggerOptions): string {
  const line = {
    time: record.datetime,
    level: record.levelName.toLowerCase() as LogLevelWord,
    message: record.msg,
    fields: (record.args[0] ?? {}) as LogFields,
  };
  return options.format === "json"
    ? formatJsonLine(line)
    : formatTextLine(line, options.colored);
}
