/** What stands for a secret. */
const HIDDEN = "***";

/** `user:password@` of a URL: all up to the last `@` before path or query. */
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi;

/** A secret in a query, or alone as `token=…`. */
const SECRET_QUERY =
  /(^|[?&;\s])((?:connector_?)?token|api_?key|password|secret)=[^&;#\s"']*/gi;

/** Names of fields whose values are secrets, whatever they look like. */
const SECRET_NAME = /^(.*token|.*password|.*secret|api_?key|authorization)$/i;

/**
 * Removes credentials and tokens from a text, so that it can be printed.
 *
 * @param text Any text, usually with a URL in it.
 * @returns The text with `***` in their place.
 *
 * @example Hide the token of a tunnel's URL
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   redact("wss://me:pw@example.com/socket?token=abc&reverse=false"),
 *   "wss://***@example.com/socket?token=***&reverse=false",
 * );
 * ```
 */
export function redact(text: string): string {
  return text
    .replace(CREDENTIALS, `$1${HIDDEN}@`)
    .replace(SECRET_QUERY, `$1$2=${HIDDEN}`);
}

/**
 * Removes secrets from a field of a log line.
 *
 * @param name The field's name.
 * @param value The field's text.
 * @returns `***` if the name says that it is a secret, else the redacted text.
 */
export function redactField(name: string, value: string): string {
  return SECRET_NAME.test(name) ? HIDDEN : redact(value);
}
