import {
  formatIpv6,
  formatUnmapped,
  parseIpv4,
  parseIpv6,
} from "../../ffi/mod.ts";

export { formatIpv6, formatUnmapped, parseIpv4, parseIpv6 };

/** Whether `host` is an IP address, and of which family. */
export function ipFamily(host: string): 4 | 6 | undefined {
  if (host.includes(":")) return parseIpv6(host) ? 6 : undefined;
  return parseIpv4(host) ? 4 : undefined;
}
