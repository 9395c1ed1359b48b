import { formatTarget, type Target } from "../base/address.ts";
import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";
import { ipFamily } from "../net/ip.ts";
import type { Dialogue } from "./dialogue.ts";
import type { ProxyHandshake } from "./proxy_handshake.ts";
import type { ProxyLogin } from "./proxy_url.ts";

/** Upper bound on the head of an answer. */
const MAX_HEAD_BYTES = 16_384;
const LF = 10;
const CR = 13;

/** RFC 3986, section 3.2.2: reg-name. Nothing else may get into a head. */
const REG_NAME = /^[\w.~!$&'()*+,;=%-]+$/;
/** RFC 9112, section 4. */
const STATUS_LINE = /^HTTP\/1\.\d (\d{3})(?: ([^\r\n]*))?\r?\n/;
/** How much of the proxy's reason phrase is passed on. */
const MAX_REASON_LENGTH = 100;

/**
 * Meaning of a refusal's status: a code, and words that the far end of the
 * tunnel recognizes, since it gets only the text.
 */
const MEANINGS: Record<
  string,
  readonly [TunnelErrorCode, string] | undefined
> = {
  "403": ["denied", " (access denied)"],
  "407": ["denied", " (access denied)"],
  "502": ["unreachable", " (target unreachable)"],
  "503": ["unreachable", " (target unreachable)"],
  "504": ["timeout", " (timeout)"],
};

/**
 * The client's side of HTTP CONNECT (RFC 9110, section 9.3.6), with Basic
 * credentials (RFC 7617) if there are any.
 *
 * @throws {TunnelError} `name` if the host is not valid in a request
 */
export function httpConnectHandshake(
  target: Target,
  login?: ProxyLogin,
): ProxyHandshake {
  if (!ipFamily(target.host) && !REG_NAME.test(target.host)) {
    throw new TunnelError("name", "the host name cannot stand in a request");
  }
  const authority = formatTarget(target);
  const lines = [
    `CONNECT ${authority} HTTP/1.1`,
    `Host: ${authority}`,
    ...(login ? [`Proxy-Authorization: Basic ${basic(login)}`] : []),
  ];
  return {
    first: new TextEncoder().encode(lines.join("\r\n") + "\r\n\r\n"),
    finish: readConsent,
  };
}

function basic({ username, password }: ProxyLogin): string {
  return new TextEncoder().encode(`${username}:${password}`).toBase64();
}

/** Everything after the head belongs to the target, whatever the fields say. */
async function readConsent(dialogue: Dialogue): Promise<void> {
  const head = new TextDecoder().decode(await readHead(dialogue));
  const [, status, reason = ""] = STATUS_LINE.exec(head) ?? [];
  if (status === undefined) {
    throw new TunnelError("protocol", "its answer is not one of HTTP");
  }
  if (status.startsWith("2")) return;
  // The reason phrase is logged: no control characters.
  const words = reason.replace(/[^\x20-\x7e]/g, "?").slice(
    0,
    MAX_REASON_LENGTH,
  );
  const [code, meaning] = MEANINGS[status] ?? ["failed", ""];
  throw new TunnelError(
    code,
    `it answered ${`${status} ${words}`.trim()}${meaning}`,
  );
}

/** Reads up to the blank line and not one byte further. */
async function readHead(dialogue: Dialogue): Promise<Uint8Array> {
  const head = new Uint8Array(MAX_HEAD_BYTES);
  let length = 0;
  for (;;) {
    const missing = leastMissing(head.subarray(0, length));
    if (missing === 0) return head.subarray(0, length);
    if (length + missing > MAX_HEAD_BYTES) {
      throw new TunnelError("limit", "the head of its answer is too long");
    }
    head.set(await dialogue.read(missing), length);
    length += missing;
  }
}

/**
 * The least number of bytes missing until the end of the blank line; a line may
 * end without CR (RFC 9112, section 2.2).
 */
function leastMissing(head: Uint8Array): number {
  const last = head.at(-1);
  if (last === CR) return head.at(-2) === LF ? 1 : 2;
  if (last !== LF) return 2;
  const before = head.at(-2) === CR ? head.at(-3) : head.at(-2);
  return before === LF ? 0 : 1;
}
