import type { Target } from "../base/address.ts";
import { ipFamily, parseIpv4, parseIpv6 } from "../net/ip.ts";

/**
 * Whether a list in the form of `NO_PROXY` contains a target.
 *
 * Entries are separated by commas or spaces: `*` is everything; an IP address
 * or `10.0.0.0/8` is that; a name is itself and all names below it, with or
 * without `.` or `*.` in front. `:port` behind an entry limits it to that port,
 * with brackets around IPv6. Anything else matches nothing.
 */
export function isListed(list: string, target: Target): boolean {
  return list.split(/[\s,]+/).some((entry) =>
    entry !== "" && matches(entry, target)
  );
}

function matches(entry: string, { host, port }: Target): boolean {
  if (entry === "*") return true;
  if (entry.includes("/")) return isInNetwork(host, entry);
  const [listed, listedPort] = splitPort(entry);
  if (listedPort !== undefined && listedPort !== String(port)) return false;
  const bytes = bytesOf(listed);
  if (bytes) return isPrefix(bytes, bytes.length * 8, bytesOf(host));
  const name = plainName(listed.replace(/^\*?\./, ""));
  const asked = plainName(host);
  return name !== "" && !ipFamily(host) &&
    (asked === name || asked.endsWith(`.${name}`));
}

function splitPort(entry: string): [host: string, port: string | undefined] {
  if (ipFamily(entry)) return [entry, undefined];
  const [, inBrackets, name, port] =
    /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  return [inBrackets ?? name ?? "", port];
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

function isInNetwork(host: string, network: string): boolean {
  const [, address = "", bitsText = ""] = /^(.*)\/(\d{1,3})$/.exec(network) ??
    [];
  const bytes = bytesOf(address);
  const bits = Number(bitsText);
  if (!bytes || bits > bytes.length * 8) return false;
  return isPrefix(bytes, bits, bytesOf(host));
}

/** Whether the first `bits` bits of both are the same. */
function isPrefix(
  prefix: Uint8Array,
  bits: number,
  bytes: Uint8Array | undefined,
): boolean {
  if (bytes?.length !== prefix.length) return false;
  for (let i = 0; i * 8 < bits; i++) {
    const mask = 0xff << Math.max(0, 8 - (bits - i * 8));
    if (((bytes[i]! ^ prefix[i]!) & mask & 0xff) !== 0) return false;
  }
  return true;
}

function bytesOf(host: string): Uint8Array | undefined {
  return parseIpv4(host) ?? parseIpv6(host);
}
