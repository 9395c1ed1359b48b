import { AF_INET, AF_INET6, AF_UNIX } from "./constants.ts";

/** An IP address and port. `host` has no brackets; IPv4 is dotted. */
export interface SocketAddress {
  host: string;
  port: number;
}

/** sizeof(struct sockaddr_un); the largest that we use. */
export const SOCKADDR_BYTES = 110;

/** A path in `sun_path` has at most 107 bytes and a zero: unix(7). */
const MAX_UNIX_PATH_BYTES = 107;

/** The four bytes of a dotted IPv4 address; `undefined` if it is none. */
export function parseIpv4(host: string): Uint8Array<ArrayBuffer> | undefined {
  const parts = host.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (let i = 0; i < 4; i++) {
    const part = parts[i]!;
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) {
      return undefined;
    }
    bytes[i] = Number(part);
  }
  return bytes;
}

/** The 16 bytes of an IPv6 address (RFC 4291, 2.2); `undefined` if it is none. */
export function parseIpv6(host: string): Uint8Array<ArrayBuffer> | undefined {
  let text = host;
  if (!text.includes(":")) return undefined;
  const lastColon = text.lastIndexOf(":");
  if (text.includes(".", lastColon)) {
    const tail = parseIpv4(text.slice(lastColon + 1));
    if (!tail) return undefined;
    const high = ((tail[0]! << 8) | tail[1]!).toString(16);
    const low = ((tail[2]! << 8) | tail[3]!).toString(16);
    text = `${text.slice(0, lastColon + 1)}${high}:${low}`;
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!);
  const tail = halves.length === 2 ? groupsOf(halves[1]!) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  head.forEach((group, i) => view.setUint16(2 * i, group));
  tail.forEach((group, i) => view.setUint16(2 * (8 - tail.length + i), group));
  return bytes;
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const groups = text.split(":");
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) {
    return undefined;
  }
  return groups.map((group) => parseInt(group, 16));
}

/** Text of 16 bytes as RFC 5952 writes it. */
export function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! << 8) | bytes[i + 1]!);
  let best = { start: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { start: i, length };
    i += length;
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(":");
  const head = hex.slice(0, best.start).join(":");
  const tail = hex.slice(best.start + best.length).join(":");
  return `${head}::${tail}`;
}

/**
 * `struct sockaddr_in` or `struct sockaddr_in6` for Linux (linux/in.h,
 * linux/in6.h).
 *
 * @throws {TypeError} if `host` is not an IP address
 * @throws {RangeError} if `port` is not a port
 */
export function packSockaddr(
  address: SocketAddress,
): Uint8Array<ArrayBuffer> {
  const { host, port } = address;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`Cannot pack address: ${port} is not a port`);
  }
  const ipv4 = parseIpv4(host);
  if (ipv4) {
    const bytes = new Uint8Array(16);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, AF_INET, true); // sin_family, host order
    view.setUint16(2, port); // sin_port, network order
    bytes.set(ipv4, 4); // sin_addr
    return bytes;
  }
  const ipv6 = parseIpv6(host);
  if (!ipv6) {
    throw new TypeError(`Cannot pack address: "${host}" is not an IP address`);
  }
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true); // sin6_family, host order
  view.setUint16(2, port); // sin6_port, network order
  bytes.set(ipv6, 8); // sin6_addr, behind sin6_flowinfo
  return bytes;
}

/**
 * `struct sockaddr_un` (linux/un.h) for a path in the file system.
 *
 * @throws {RangeError} if the path is too long for the kernel
 */
export function packUnixPath(path: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(path);
  if (text.length > MAX_UNIX_PATH_BYTES) {
    throw new RangeError(
      `Cannot pack path: ${text.length} bytes are over ${MAX_UNIX_PATH_BYTES}`,
    );
  }
  const bytes = new Uint8Array(2 + text.length + 1);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true); // sun_family
  bytes.set(text, 2); // sun_path
  return bytes;
}

/**
 * Converts `::ffff:192.0.2.1`, as Deno shows peers of a dual-stack socket, to
 * dotted IPv4; returns any other host unchanged.
 */
export function unmapIpv4(host: string): string {
  return host.startsWith("::ffff:") && host.includes(".")
    ? host.slice("::ffff:".length)
    : host;
}

/**
 * The text of 16 bytes: dotted IPv4 within ::ffff:0:0/96 (RFC 4291, section
 * 2.5.5.2). A dual-stack socket shows such peers so, and dials IPv4 there.
 */
export function formatUnmapped(bytes: Uint8Array): string {
  const host = formatIpv6(bytes);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.test(host);
  return mapped ? bytes.subarray(12).join(".") : host;
}

/** Reads a `struct sockaddr`; a Unix socket has an empty host. */
export function unpackSockaddr(bytes: Uint8Array): SocketAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (view.getUint16(0, true)) {
    case AF_INET:
      return {
        host: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`,
        port: view.getUint16(2),
      };
    case AF_INET6:
      return {
        host: formatUnmapped(bytes.subarray(8, 24)),
        port: view.getUint16(2),
      };
    default:
      return { host: "", port: 0 };
  }
}
