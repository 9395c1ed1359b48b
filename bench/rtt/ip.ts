const DECODER = new TextDecoder();

/**
 * Runs the program `ip` (iproute2) and gives what it prints.
 *
 * @throws {Error} with what it says when it fails
 */
export function ip(...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("ip", {
    args,
    stdin: "null",
  }).outputSync();
  if (success) return DECODER.decode(stdout);
  throw new Error(`ip ${args.join(" ")}: ${DECODER.decode(stderr).trim()}`);
}
