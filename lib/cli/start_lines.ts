import type { ListenAddr } from "./role_starters.ts";

/**
 * Formats an address as in a URL.
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
 * Indents lines below a heading.
 *
 * @param lines The lines.
 * @returns The same lines, indented.
 */
export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
