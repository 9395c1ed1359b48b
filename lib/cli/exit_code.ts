import { ConfigError } from "../base/errors.ts";
import { UsageError } from "./usage_error.ts";

/** What the program returns to whoever started it. */
export const EXIT = {
  /** Done, or stopped in order. */
  ok: 0,
  /** Could not start, could not go on, or was stopped by force. */
  fatal: 1,
  /** The command line, the environment or an option is wrong. */
  usage: 2,
} as const;

/**
 * The exit code for an error.
 *
 * @param error Whatever was thrown.
 * @returns 2 if the user can mend it by writing something else, otherwise 1.
 */
export function exitCodeForError(error: unknown): number {
  return error instanceof ConfigError || error instanceof UsageError
    ? EXIT.usage
    : EXIT.fatal;
}
