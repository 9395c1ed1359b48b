import { formatTarget } from "../base/address.ts";
import type { SocketAddress } from "../net/conn.ts";
import { formatUnmapped, parseIpv6 } from "../net/ip.ts";

/** Destination and local network of a dial: the key of the memory. */
export interface Place {
  /** The address, `host:port`. */
  readonly target: string;
  /** Its IP address. */
  readonly host: string;
  /** The local network, see `localNetwork`. */
  readonly network: string;
}

/** The place of an address, seen from a network. */
export function placeOf(address: SocketAddress, network: string): Place {
  const host = plainest(address.host);
  const { port } = address;
  return { target: formatTarget({ host, port }), host, network };
}

/** One spelling for each address: apps write IPv6 in many ways. */
function plainest(host: string): string {
  const bytes = host.includes(":") ? parseIpv6(host) : undefined;
  return bytes ? formatUnmapped(bytes) : host;
}

/** The place of `host:port`, or of `[host]:port`, seen from a network. */
export function placeOfText(target: string, network: string): Place {
  const colon = target.lastIndexOf(":");
  const host = target.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { target, host, network };
}

/** A unique key: addresses contain no spaces. */
export function keyOf({ target, network }: Place): string {
  return `${target} ${network}`;
}
