import { formatTarget } from "../base/address.ts";
import type { SocketAddress } from "../net/conn.ts";

/** Whom a dial goes to, and from where: what is remembered by. */
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
  return { target: formatTarget(address), host: address.host, network };
}

/** The place of `host:port`, or of `[host]:port`, seen from a network. */
export function placeOfText(target: string, network: string): Place {
  const colon = target.lastIndexOf(":");
  const host = target.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { target, host, network };
}

/** One text for each place: an address has no space in it. */
export function keyOf({ target, network }: Place): string {
  return `${target} ${network}`;
}
