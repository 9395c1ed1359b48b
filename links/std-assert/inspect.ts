/** A value as text, whole and with one entry per line, so that lines can be compared. */
export function inspect(value: unknown): string {
  return Deno.inspect(value, {
    compact: false,
    depth: Infinity,
    iterableLimit: Infinity,
    sorted: true,
    strAbbreviateSize: Infinity,
    trailingComma: true,
  });
}

/** `: MESSAGE` for the end of a sentence, or nothing. */
export function suffix(message: string | undefined): string {
  return message ? `: ${message}` : "";
}
