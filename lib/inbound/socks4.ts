import type { Target } from "../base/address.ts";

/** The protocol's version byte. */
export const SOCKS4_VERSION = 4;

/** The command byte of a connection; 2, BIND, is not served. */
export const SOCKS4_CONNECT = 1;

/** The longest user id and the longest name, in bytes without their ends. */
const MAX_TEXT_BYTES = 255;

const HEADER_BYTES = 8;
const DECODER = new TextDecoder();

/** What an app asks for. */
export interface Socks4Request {
  /** `SOCKS4_CONNECT`, or another byte. */
  command: number;
  /** What to reach. */
  target: Target;
}

/** The result of parsing bytes that may be incomplete. */
export type ParsedSocks4 =
  /** Not enough bytes yet. */
  | { state: "more" }
  /** Complete; ends before the offset `end`. */
  | { state: "ok"; value: Socks4Request; end: number }
  /** It can never become right. */
  | { state: "bad" };

const MORE = { state: "more" } as const;
const BAD = { state: "bad" } as const;

/**
 * ```text
 * +----+----+---------+-------+--------+---+ - - - +---+
 * | VN | CD | DSTPORT | DSTIP | USERID | 0 |  NAME | 0 |
 * | 1  | 1  |    2    |   4   |  any   | 1 |  any  | 1 |
 * +----+----+---------+-------+--------+---+ - - - +---+
 * ```
 *
 * The name is there if DSTIP is 0.0.0.x with x other than 0 (SOCKS4a). The user
 * id proves nothing and is ignored.
 */
export function parseSocks4(bytes: Uint8Array): ParsedSocks4 {
  if (bytes.length < 1) return MORE;
  if (bytes[0] !== SOCKS4_VERSION) return BAD;
  if (bytes.length < HEADER_BYTES) return MORE;
  const command = bytes[1]!;
  const port = (bytes[2]! << 8) | bytes[3]!;
  const ip = bytes.subarray(4, HEADER_BYTES);
  const userEnd = endOfText(bytes, HEADER_BYTES);
  if (typeof userEnd !== "number") return userEnd;
  const byName = ip[0] === 0 && ip[1] === 0 && ip[2] === 0 && ip[3] !== 0;
  if (!byName) {
    const value = { command, target: { host: ip.join("."), port } };
    return { state: "ok", value, end: userEnd + 1 };
  }
  const nameEnd = endOfText(bytes, userEnd + 1);
  if (typeof nameEnd !== "number") return nameEnd;
  if (nameEnd === userEnd + 1) return BAD;
  const host = DECODER.decode(bytes.subarray(userEnd + 1, nameEnd));
  const value = { command, target: { host, port } };
  return { state: "ok", value, end: nameEnd + 1 };
}

/** The offset of the zero that ends the text at `start`. */
function endOfText(
  bytes: Uint8Array,
  start: number,
): number | typeof MORE | typeof BAD {
  const text = bytes.subarray(start, start + MAX_TEXT_BYTES + 1);
  const length = text.indexOf(0);
  if (length >= 0) return start + length;
  return text.length > MAX_TEXT_BYTES ? BAD : MORE;
}

/** Request granted (0x5a) or rejected (0x5b); the address means nothing. */
export function socks4Reply(granted: boolean): Uint8Array {
  return new Uint8Array([0, granted ? 0x5a : 0x5b, 0, 0, 0, 0, 0, 0]);
}
