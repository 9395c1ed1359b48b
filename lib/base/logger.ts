/** Values that a log line may carry beside its message. */
export type LogFields = Record<string, unknown>;

/**
 * Receives log lines. The message is constant; values go into the fields.
 *
 * Levels: `error` somebody must act, `warn` degraded, `info` life of sessions,
 * `debug` each connection.
 */
export interface Logger {
  /** Each connection. */
  debug(message: string, fields?: LogFields): void;
  /** The life of programs and sessions. */
  info(message: string, fields?: LogFields): void;
  /** Works, but worse than it should. */
  warn(message: string, fields?: LogFields): void;
  /** Somebody must act. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to every line. */
  child(fields: LogFields): Logger;
}

/** Says nothing: the default of every component. */
export const SILENT: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => SILENT,
};
