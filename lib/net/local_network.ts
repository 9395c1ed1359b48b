import { ffiSupport, sourceAddress } from "../../ffi/mod.ts";
import { formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

/** How long a result is reused. */
const FRESH_MS = 5000;
/**
 * Documentation addresses, in no network: the route to them is the default
 * route. RFC 5737, RFC 3849.
 */
const ELSEWHERE = ["192.0.2.1", "2001:db8::1"];

/**
 * Which network this machine is in: the prefixes of the addresses from which it
 * sends to others, /24 of IPv4 and /64 of IPv6. Stable at home, different on a
 * train or behind a VPN; container networks do not count.
 *
 * @param addresses Those of the machine.
 * @returns The prefixes, sorted, with spaces between; empty if there are none.
 */
export function networkOf(addresses: readonly string[]): string {
  const prefixes = new Set(addresses.flatMap((one) => prefixOf(one) ?? []));
  return [...prefixes].sort().join(" ");
}

function prefixOf(address: string): string | undefined {
  const four = parseIpv4(address);
  if (four) {
    const [a, b, c] = four;
    // RFC 1122, section 3.2.1.3: loopback. RFC 3927: link-local.
    if (a === 127 || (a === 169 && b === 254)) return undefined;
    return `${a}.${b}.${c}.0/24`;
  }
  const six = parseIpv6(address);
  if (!six) return undefined;
  // RFC 4291, sections 2.5.3 and 2.5.6: ::1 is in ::/64, and link-local fe80::/10.
  const isLinkLocal = six[0] === 0xfe && (six[1]! & 0xc0) === 0x80;
  const prefix = six.slice(0, 8);
  if (isLinkLocal || prefix.every((byte) => byte === 0)) return undefined;
  return `${formatIpv6(new Uint8Array([...prefix, ...NO_HOST]))}/64`;
}

const NO_HOST = new Array<number>(8).fill(0);

/**
 * Gives the present network, looked up again every few seconds. Without FFI all
 * networks are one, the empty text.
 *
 * @param sources Gives the addresses from which the machine sends.
 * @param now Milliseconds that only go up.
 */
export function localNetwork(
  sources: () => readonly string[] = routedSources,
  now: () => number = () => performance.now(),
): () => string {
  let network = networkOf(sources());
  let freshUntil = now() + FRESH_MS;
  return () => {
    const time = now();
    if (time >= freshUntil) {
      freshUntil = time + FRESH_MS;
      network = networkOf(sources());
    }
    return network;
  };
}

function routedSources(): readonly string[] {
  if (!ffiSupport().supported) return [];
  return ELSEWHERE.flatMap((host) => sourceAddress(host) ?? []);
}
