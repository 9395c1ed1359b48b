import { ConfigError, errorCode } from "../base/errors.ts";
import { UsageError } from "./usage_error.ts";

/** What the program returns to whoever started it. */
export const EXIT = {
  /** Done, or ended by a signal after open requests had their time. */
  ok: 0,
  /** Could not start, could not go on, or was stopped by force. */
  fatal: 1,
  /** The command line, the environment or an option is wrong. */
  usage: 2,
  /** The server rejects the token: to start again does not help. */
  rejected: 3,
} as const;

/**
 * The exit code for an error.
 *
 * @param error Anything thrown.
 * @returns One of {@linkcode EXIT}, never 0.
 */
export function exitCodeForError(error: unknown): number {
  if (error instanceof ConfigError || error instanceof UsageError) {
    return EXIT.usage;
  }
  return errorCode(error) === "auth" ? EXIT.rejected : EXIT.fatal;
}
