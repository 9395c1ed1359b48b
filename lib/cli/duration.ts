import { ConfigError } from "../base/errors.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/**
 * Parses a duration in Go's notation: `90s`, `1h30m`, `250ms`, or `0`.
 *
 * @param text What the user wrote.
 * @param label What the user calls it, such as `--renew`.
 * @returns Milliseconds.
 * @throws {ConfigError} If it is not a duration; names `label`.
 */
export function parseDuration(text: string, label: string): number {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  let total = 0;
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(trimmed)) {
    for (const [, count, unit] of trimmed.matchAll(/([\d.]+)(ms|[smh])/g)) {
      total += Number(count) * UNITS_MS[unit!]!;
    }
    // The longest wait of a runtime timer: 2^31 - 1 ms.
    if (total <= 0x7fffffff) return Math.round(total);
  }
  throw new ConfigError(
    label,
    `must be a duration such as 30m, at most 596h, but got ${
      JSON.stringify(text)
    }`,
  );
}
