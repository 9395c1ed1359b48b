import { formatIpv6, parseIpv4, parseIpv6 } from "./ip.ts";

/** An address of this machine. */
export interface LocalAddress {
  /** IPv4 or IPv6. */
  address: string;
}

/** A machine changes its network seldom, and dials often. */
const FRESH_MS = 5000;
/** A machine with more networks is told by these. */
const MAX_PREFIXES = 16;

/**
 * Which network this machine is in: the prefixes of its addresses, /24 of IPv4
 * and /64 of IPv6, without those of loopback and link. The same at home each day,
 * another one in the train.
 *
 * @param addresses Those of the machine.
 * @returns The prefixes, sorted, with spaces between; empty if there are none.
 */
export function networkOf(addresses: readonly LocalAddress[]): string {
  const prefixes = new Set(
    addresses.flatMap(({ address }) => prefixOf(address) ?? []),
  );
  return [...prefixes].sort().slice(0, MAX_PREFIXES).join(" ");
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
 * Gives the present network, looked up again every few seconds: behind the SYN of
 * the dial that asks, as it takes half a millisecond. So one dial may not know yet
 * that the machine has moved. Without `--allow-sys=networkInterfaces` all networks
 * are one, the empty text.
 *
 * @param interfaces Gives the addresses of the machine.
 * @param now Milliseconds that only go up.
 */
export function localNetwork(
  interfaces: () => readonly LocalAddress[] = permittedInterfaces,
  now: () => number = () => performance.now(),
): () => string {
  let network = networkOf(interfaces());
  let freshUntil = now() + FRESH_MS;
  return () => {
    const time = now();
    if (time >= freshUntil) {
      freshUntil = time + FRESH_MS;
      queueMicrotask(() => network = networkOf(interfaces()));
    }
    return network;
  };
}

/** Nobody is asked for a permission because of this. */
function permittedInterfaces(): readonly LocalAddress[] {
  const descriptor = { name: "sys", kind: "networkInterfaces" } as const;
  const { state } = Deno.permissions.querySync(descriptor);
  if (state !== "granted") return [];
  try {
    return Deno.networkInterfaces();
  } catch {
    // Some sandboxes have no netlink.
    return [];
  }
}
