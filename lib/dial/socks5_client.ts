import type { Target } from "../base/address.ts";
import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";
import { ADDRESS_TYPE } from "../base/socks_address.ts";
import { parseIpv4, parseIpv6 } from "../net/ip.ts";
import type { Dialogue } from "./dialogue.ts";
import type { ProxyHandshake } from "./proxy_handshake.ts";
import type { ProxyLogin } from "./proxy_url.ts";

/** RFC 1928, section 3. */
const VERSION = 5;
const NO_LOGIN = 0;
const PASSWORD = 2;
const UNACCEPTABLE = 0xff;
/** RFC 1929, section 2. */
const PASSWORD_VERSION = 1;
/** RFC 1928, section 4. */
const CONNECT = 1;
const PORT_BYTES = 2;
const MAX_NAME_BYTES = 255;

/**
 * RFC 1928, section 6: a code and a text for each reply. The far end of the
 * tunnel gets only the text and looks for these words in it.
 */
const REPLIES: readonly (readonly [TunnelErrorCode, string])[] = [
  ["failed", "succeeded"],
  ["failed", "general SOCKS server failure"],
  ["denied", "connection not allowed by ruleset"],
  ["unreachable", "network unreachable"],
  ["unreachable", "host unreachable"],
  ["refused", "connection refused"],
  ["timeout", "TTL expired (timeout)"],
  ["unsupported", "command not supported"],
  ["unsupported", "address type not supported"],
];

/**
 * The client's side of SOCKS5 (RFC 1928), with a user name and password (RFC
 * 1929) if there are any.
 *
 * One step at a time: some proxies, such as microsocks, take the result of one
 * `recv` for one message and lose a request that arrives with the greeting.
 *
 * @throws {TunnelError} `name` if the host is too long for a request
 */
export function socks5Handshake(
  target: Target,
  login?: ProxyLogin,
): ProxyHandshake {
  const request = encodeRequest(target);
  const method = login ? PASSWORD : NO_LOGIN;
  return {
    first: new Uint8Array([VERSION, 1, method]),
    async finish(dialogue) {
      await readMethod(dialogue, method);
      if (login) await logIn(dialogue, login);
      await dialogue.write(request);
      await readReply(dialogue);
    },
  };
}

/**
 * ```text
 * +-----+-----+-------+------+----------+----------+
 * | VER | CMD |  RSV  | ATYP | DST.ADDR | DST.PORT |
 * |  1  |  1  | X'00' |  1   | Variable |    2     |
 * +-----+-----+-------+------+----------+----------+
 * ```
 */
function encodeRequest({ host, port }: Target): Uint8Array {
  return new Uint8Array([
    ...[VERSION, CONNECT, 0],
    ...encodeHost(host),
    ...[port >> 8, port & 0xff],
  ]);
}

function encodeHost(host: string): number[] {
  const four = parseIpv4(host);
  if (four) return [ADDRESS_TYPE.ipv4, ...four];
  const six = parseIpv6(host);
  if (six) return [ADDRESS_TYPE.ipv6, ...six];
  const name = new TextEncoder().encode(host);
  if (name.length === 0 || name.length > MAX_NAME_BYTES) {
    throw new TunnelError("name", "the host name is empty or too long");
  }
  return [ADDRESS_TYPE.domain, name.length, ...name];
}

async function readMethod(dialogue: Dialogue, method: number): Promise<void> {
  const [version, chosen] = await dialogue.read(2);
  if (version !== VERSION) {
    throw new TunnelError("protocol", "it does not speak SOCKS5");
  }
  if (chosen === method) return;
  if (chosen === UNACCEPTABLE) {
    const reason = method === PASSWORD
      ? "access denied: it takes no user name and password"
      : "access denied: it wants credentials";
    throw new TunnelError("denied", reason);
  }
  throw new TunnelError("protocol", "it chose a method that was not offered");
}

/** Ignores the version byte of the answer: some servers send 5. */
async function logIn(
  dialogue: Dialogue,
  { username, password }: ProxyLogin,
): Promise<void> {
  const encoder = new TextEncoder();
  const name = encoder.encode(username);
  const word = encoder.encode(password);
  await dialogue.write(
    new Uint8Array([
      ...[PASSWORD_VERSION, name.length, ...name],
      ...[word.length, ...word],
    ]),
  );
  const [, status] = await dialogue.read(2);
  if (status !== 0) {
    throw new TunnelError(
      "denied",
      "access denied: it rejected the user name and password",
    );
  }
}

/** Reads and ignores the address, up to its last byte. */
async function readReply(dialogue: Dialogue): Promise<void> {
  const [version, reply] = await dialogue.read(2);
  if (version !== VERSION) {
    throw new TunnelError("protocol", "its reply is not one of SOCKS5");
  }
  // Some servers send no address with a refusal.
  if (reply !== 0) {
    const [code, text] = REPLIES[reply!] ?? ["failed", "unknown reply"];
    throw new TunnelError(code, `${text} (SOCKS5 reply ${reply})`);
  }
  const [, type] = await dialogue.read(2);
  const length = type === ADDRESS_TYPE.ipv4
    ? 4
    : type === ADDRESS_TYPE.ipv6
    ? 16
    : type === ADDRESS_TYPE.domain
    ? (await dialogue.read(1))[0]!
    : undefined;
  if (length === undefined) {
    throw new TunnelError("protocol", "its reply has an unknown address type");
  }
  await dialogue.read(length + PORT_BYTES);
}
