import { ADDRESS_TYPE } from "../base/socks_address.ts";
import type { Target } from "../base/address.ts";
import { formatIpv6, parseIpv4, parseIpv6 } from "../net/ip.ts";

/** RSV, FRAG, ATYP, a name of 255 bytes with its length, a port. */
export const MAX_UDP_HEADER_BYTES = 262;

const DECODER = new TextDecoder("utf-8", { fatal: true });
const ENCODER = new TextEncoder();

/** What the header of a datagram says. */
export interface UdpHeader {
  /** Whom the datagram is for, or from. */
  readonly target: Target;
  /** Where its data begins. */
  readonly end: number;
}

/**
 * Reads the header of a datagram of an app (RFC 1928, section 7).
 *
 * ```text
 * +------+------+------+----------+----------+----------+
 * | RSV  | FRAG | ATYP | DST.ADDR | DST.PORT |   DATA   |
 * |  2   |  1   |  1   | Variable |    2     | Variable |
 * +------+------+------+----------+----------+----------+
 * ```
 *
 * @returns nothing for what has to be dropped: a header that is cut, an unknown
 *   ATYP, a name that is empty or not UTF-8, and a fragment, since whoever does
 *   not reassemble must not pass them on
 */
export function parseUdpHeader(bytes: Uint8Array): UdpHeader | undefined {
  if (bytes.length < 5 || isFragment(bytes)) return undefined;
  const type = bytes[3];
  const length = type === ADDRESS_TYPE.ipv4
    ? 4
    : type === ADDRESS_TYPE.ipv6
    ? 16
    : type === ADDRESS_TYPE.domain
    ? bytes[4]!
    : 0;
  const start = type === ADDRESS_TYPE.domain ? 5 : 4;
  const hostEnd = start + length;
  if (length === 0 || bytes.length < hostEnd + 2) return undefined;
  const host = type === ADDRESS_TYPE.ipv4
    ? formatIpv4(bytes, 4)
    : type === ADDRESS_TYPE.domain
    ? decodeName(bytes.subarray(start, hostEnd))
    : isMapped(bytes, 4)
    ? formatIpv4(bytes, 16)
    : formatIpv6(bytes.subarray(start, hostEnd));
  if (host === undefined) return undefined;
  const port = (bytes[hostEnd]! << 8) | bytes[hostEnd + 1]!;
  return { target: { host, port }, end: hostEnd + 2 };
}

/** Whether a datagram is a part of one: FRAG is not zero. */
export function isFragment(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[2] !== 0;
}

/**
 * Writes the header of a datagram for an app at the start of `into`; an
 * IPv4-mapped IPv6 address is written as IPv4, what is no IP address as a name.
 *
 * @param into At least `MAX_UDP_HEADER_BYTES` long
 * @returns where the data goes; nothing if the host has no or over 255 bytes
 */
export function writeUdpHeader(
  into: Uint8Array,
  { host, port }: Target,
): number | undefined {
  into.fill(0, 0, 3);
  let at = 4;
  const ipv4 = parseIpv4(host);
  const ipv6 = ipv4 ? undefined : parseIpv6(host);
  if (ipv4) {
    into[3] = ADDRESS_TYPE.ipv4;
    into.set(ipv4, at);
    at += 4;
  } else if (ipv6 && isMapped(ipv6, 0)) {
    into[3] = ADDRESS_TYPE.ipv4;
    into.set(ipv6.subarray(12), at);
    at += 4;
  } else if (ipv6) {
    into[3] = ADDRESS_TYPE.ipv6;
    into.set(ipv6, at);
    at += 16;
  } else {
    const name = ENCODER.encode(host);
    if (name.length === 0 || name.length > 255) return undefined;
    into[3] = ADDRESS_TYPE.domain;
    into[4] = name.length;
    into.set(name, 5);
    at += 1 + name.length;
  }
  into[at] = port >> 8;
  into[at + 1] = port & 255;
  return at + 2;
}

function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Whether the 16 bytes at `at` are in ::ffff:0:0/96 (RFC 4291, 2.5.5.2). */
function isMapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return DECODER.decode(bytes);
  } catch {
    return undefined;
  }
}
