/** Where a command writes for people. */
export interface Output {
  /** Tells if standard error may have colours. */
  readonly coloured: boolean;
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
 * @param colourWanted `false` if the user asked for none (`NO_COLOR`).
 * @returns An output with colours only on a terminal.
 */
export function systemOutput(colourWanted: boolean): Output {
  return {
    coloured: colourWanted && Deno.stderr.isTerminal(),
    out: (line) => writeLine(Deno.stdout, line),
    err: (line) => writeLine(Deno.stderr, line),
  };
}

function writeLine(stream: SyncWriter, line: string): void {
  let bytes = new TextEncoder().encode(`${line}\n`);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // The reader has gone (`… | head`) or is full: the tunnel goes on without it.
  }
}
