/** Where a command writes for people. */
export interface Output {
  /** Tells if standard error may have colors. */
  readonly colored: boolean;
  /** Writes a line that the user asked for: standard output. */
  out(line: string): void;
  /** Writes a line about the program itself: standard error. */
  err(line: string): void;
}

/** A stream that is written at once. */
interface SyncWriter {
  writeSync(data: Uint8Array): number;
}

/**
 * The two streams of this process.
 *
 * @param colorWanted `false` if the user asked for none (`NO_COLOR`).
 * @returns An output with colors only on a terminal.
 */
export function systemOutput(colorWanted: boolean): Output {
  return {
    colored: colorWanted && Deno.stderr.isTerminal(),
    out: (line) => writeLine(Deno.stdout, line),
    err: (line) => writeLine(Deno.stderr, line),
  };
}

function writeLine(stream: SyncWriter, line: string): void {
  let bytes = new TextEncoder().encode(`${line}\n`);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // The reader is gone (`… | head`) or its pipe is full: the tunnel goes on.
  }
}
