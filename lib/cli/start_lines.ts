import type { ListenAddr } from "./role_starters.ts";

/**
 * An address as it stands in a URL.
 *
 * @param addr Host and port.
 * @returns `host:port`, with brackets around an IPv6 address.
 */
export function addrText(addr: ListenAddr): string {
  const { hostname, port } = addr;
  return hostname.includes(":") && !hostname.startsWith("[")
    ? `[${hostname}]:${port}`
    : `${hostname}:${port}`;
}

/**
 * Sets lines off from the one above them.
 *
 * @param lines The lines.
 * @returns The same lines, indented.
 */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
