import config from "../../deno.json" with { type: "json" };

/** The oldest version with everything we use; `Uint8Array.toHex` came last. */
const OLDEST = config.minimumDenoVersion;
/** Their `setImmediate` waits for another event, so sockets hang. */
const BROKEN: readonly string[] = ["2.6.0", "2.6.1"];

/**
 * Tells in one line why this program cannot run with a version of Deno.
 *
 * @param version As `Deno.version.deno`, such as `2.9.6` or `2.9.6+1a2b3c4`
 * @returns nothing if it can
 */
export function unsupportedDeno(version: string): string | undefined {
  const numbers = numbersOf(version);
  if (!numbers) return undefined;
  if (isBelow(numbers, numbersOf(OLDEST)!)) {
    return `Deno ${version} is too old; run: deno upgrade (${OLDEST} is needed)`;
  }
  return BROKEN.includes(numbers.join("."))
    ? `Deno ${version} has a bug that stops all sockets; run: deno upgrade`
    : undefined;
}

/** Major, minor and patch; nothing for what has none. */
function numbersOf(version: string): number[] | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  return found?.slice(1).map(Number);
}

function isBelow(numbers: number[], others: number[]): boolean {
  const at = numbers.findIndex((one, i) => one !== others[i]);
  return at >= 0 && numbers[at]! < others[at]!;
}
