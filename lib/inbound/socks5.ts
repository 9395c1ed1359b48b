import { ADDRESS_TYPE } from "../base/socks_address.ts";
import type { Target } from "../base/address.ts";
import { formatIpv6, parseIpv4, parseIpv6 } from "../net/ip.ts";

/** RFC 1928: the protocol's version byte. */
export const SOCKS5_VERSION = 5;
/** RFC 1929: the version byte of the user name and password. */
const PASSWORD_VERSION = 1;

/** RFC 1928, section 3. */
export const METHOD = { none: 0, password: 2, unacceptable: 0xff } as const;

/** RFC 1928, section 4. */
export const COMMAND = { connect: 1, bind: 2, udpAssociate: 3 } as const;

/** RFC 1928, section 6. */
export const REPLY = {
  succeeded: 0,
  generalFailure: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  connectionRefused: 5,
  ttlExpired: 6,
  commandNotSupported: 7,
  addressTypeNotSupported: 8,
} as const;

const DECODER = new TextDecoder();

/** The result of parsing bytes that may be incomplete. */
export type Parsed<T> =
  /** Not enough bytes yet. */
  | { state: "more" }
  /** Complete; ends before the offset `end`. */
  | { state: "ok"; value: T; end: number }
  /** It is malformed; the app gets this reply code. */
  | { state: "bad"; reply: number };

const MORE = { state: "more" } as const;

function bad(reply: number): { state: "bad"; reply: number } {
  return { state: "bad", reply };
}

/**
 * The methods that an app offers.
 *
 * ```text
 * +-----+----------+----------+
 * | VER | NMETHODS | METHODS  |
 * |  1  |    1     | 1 to 255 |
 * +-----+----------+----------+
 * ```
 */
export function parseGreeting(bytes: Uint8Array): Parsed<Uint8Array> {
  if (bytes.length < 1) return MORE;
  if (bytes[0] !== SOCKS5_VERSION) return bad(REPLY.generalFailure);
  if (bytes.length < 2) return MORE;
  const end = 2 + bytes[1]!;
  if (end === 2) return bad(REPLY.generalFailure);
  if (bytes.length < end) return MORE;
  return { state: "ok", value: bytes.subarray(2, end), end };
}

/** Credentials of an app (RFC 1929), as bytes. */
export interface Login {
  /** The user's name. */
  username: Uint8Array;
  /** The user's password. */
  password: Uint8Array;
}

/**
 * ```text
 * +-----+------+----------+------+----------+
 * | VER | ULEN |  UNAME   | PLEN |  PASSWD  |
 * |  1  |  1   | 1 to 255 |  1   | 1 to 255 |
 * +-----+------+----------+------+----------+
 * ```
 */
export function parseLogin(bytes: Uint8Array): Parsed<Login> {
  if (bytes.length < 1) return MORE;
  if (bytes[0] !== PASSWORD_VERSION) return bad(REPLY.generalFailure);
  if (bytes.length < 2) return MORE;
  const nameEnd = 2 + bytes[1]!;
  if (bytes.length <= nameEnd) return MORE;
  const end = nameEnd + 1 + bytes[nameEnd]!;
  if (bytes.length < end) return MORE;
  const username = bytes.subarray(2, nameEnd);
  const password = bytes.subarray(nameEnd + 1, end);
  return { state: "ok", value: { username, password }, end };
}

/** What an app asks for. */
export interface Socks5Request {
  /** One of `COMMAND`, or another byte. */
  command: number;
  /** What to reach. */
  target: Target;
}

/**
 * ```text
 * +-----+-----+-------+------+----------+----------+
 * | VER | CMD |  RSV  | ATYP | DST.ADDR | DST.PORT |
 * |  1  |  1  | X'00' |  1   | Variable |    2     |
 * +-----+-----+-------+------+----------+----------+
 * ```
 */
export function parseRequest(bytes: Uint8Array): Parsed<Socks5Request> {
  if (bytes.length < 1) return MORE;
  if (bytes[0] !== SOCKS5_VERSION) return bad(REPLY.generalFailure);
  if (bytes.length < 5) return MORE;
  const hostStart = bytes[3] === ADDRESS_TYPE.domain ? 5 : 4;
  const hostLength = bytes[3] === ADDRESS_TYPE.ipv4
    ? 4
    : bytes[3] === ADDRESS_TYPE.ipv6
    ? 16
    : bytes[3] === ADDRESS_TYPE.domain
    ? bytes[4]!
    : undefined;
  if (hostLength === undefined) return bad(REPLY.addressTypeNotSupported);
  const hostEnd = hostStart + hostLength;
  if (bytes.length < hostEnd + 2) return MORE;
  const hostBytes = bytes.subarray(hostStart, hostEnd);
  const host = hostLength === 4 && hostStart === 4
    ? `${hostBytes[0]}.${hostBytes[1]}.${hostBytes[2]}.${hostBytes[3]}`
    : hostStart === 4
    ? formatIpv6(hostBytes)
    : DECODER.decode(hostBytes);
  const port = (bytes[hostEnd]! << 8) | bytes[hostEnd + 1]!;
  const value = { command: bytes[1]!, target: { host, port } };
  return { state: "ok", value, end: hostEnd + 2 };
}

/** The server's choice of a method. */
export function methodReply(method: number): Uint8Array {
  return new Uint8Array([SOCKS5_VERSION, method]);
}

/** The answer to a login. */
export function loginReply(ok: boolean): Uint8Array {
  return new Uint8Array([PASSWORD_VERSION, ok ? 0 : 1]);
}

/**
 * The answer to a request.
 *
 * @param code One of `REPLY`
 * @param host BND.ADDR, an IP address. @default 0.0.0.0, as the reference sends it
 * @param port BND.PORT
 * @throws {TypeError} if `host` is not an IP address
 */
export function requestReply(
  code: number,
  host = "0.0.0.0",
  port = 0,
): Uint8Array {
  const ipv4 = parseIpv4(host);
  const address = ipv4 ?? parseIpv6(host);
  if (!address) {
    throw new TypeError(`Cannot reply: "${host}" is not an IP address`);
  }
  const type = ipv4 ? ADDRESS_TYPE.ipv4 : ADDRESS_TYPE.ipv6;
  const tail = [port >> 8, port & 255];
  return new Uint8Array([SOCKS5_VERSION, code, 0, type, ...address, ...tail]);
}
