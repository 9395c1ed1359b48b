import { ConfigError } from "../base/errors.ts";

/** Ports next to each other. */
export interface PortRange {
  /** 1 to 65535. */
  readonly first: number;
  /** Not below `first`. */
  readonly last: number;
}

/**
 * Reads `A-B`, or `A` for a single port.
 *
 * @param text What the user wrote
 * @param field The option's name
 * @throws {ConfigError} if it is neither
 */
export function parsePortRange(text: string, field: string): PortRange {
  const parts = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim());
  const first = Number(parts?.[1]);
  const last = Number(parts?.[2] ?? parts?.[1]);
  if (first >= 1 && first <= last && last <= 65_535) return { first, last };
  throw new ConfigError(
    field,
    `must be a range of ports such as 40000-40100 but got ${
      JSON.stringify(text)
    }`,
  );
}
