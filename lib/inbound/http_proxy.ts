import type { Target } from "../base/address.ts";
import { parseIpv6 } from "../net/ip.ts";
import type { HttpRefusal } from "./http_answer.ts";
import { ChunkedBody, type HttpBody, SizedBody } from "./http_body.ts";
import { bad, bytesOfLatin1, type HttpHead, valuesOf } from "./http_head.ts";

/** What a request to a proxy asks for. */
export type ProxyRequest =
  /** A byte stream to the target (CONNECT). */
  | { kind: "connect"; target: Target }
  /** This head is for the target, and so is the body behind it. */
  | { kind: "forward"; target: Target; head: Uint8Array; body: HttpBody };

const HTTP_PORT = "80";
/** Names on the wire of the tunnel have one byte for their length. */
const MAX_HOST_BYTES = 255;

/** `host:port`, both checked by `parseAuthority`; user names are not allowed. */
const AUTHORITY = /^(\[[\da-f:.]+\]|[\w.~-]+)(?::(\d{0,5}))?$/i;
const ABSOLUTE_FORM = /^([a-z][a-z\d+.-]*):\/\/([^/?#]*)([^#]*)$/i;

/**
 * Fields between an app and its proxy, not for the target: RFC 9110, section
 * 7.6.1, and what browsers send to proxies. `Host` is written anew.
 */
const NOT_FORWARDED: readonly string[] = [
  "connection",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "upgrade",
];
/** `Connection` may name more, but never the fields that delimit the body. */
const ALWAYS_FORWARDED: readonly string[] = [
  "content-length",
  "transfer-encoding",
];

/**
 * Parses a request to a proxy into the form that the target gets.
 *
 * The target is told `Connection: close`: so its answer also ends the app's
 * conn, and the app's next request, maybe for another target, comes on a new
 * conn. An app that ignores this gets no further than the end of `body`.
 */
export function parseProxyRequest(head: HttpHead): ProxyRequest | HttpRefusal {
  if (valuesOf(head, "host").length > 1) {
    return bad("There are two Host fields");
  }
  if (head.method === "CONNECT") {
    const target = parseAuthority(head.target, "");
    return target
      ? { kind: "connect", target }
      : bad("CONNECT needs a host and a port");
  }
  const absolute = ABSOLUTE_FORM.exec(head.target);
  if (!absolute) {
    return bad("This is a proxy: it needs a whole http:// address");
  }
  const [, scheme, authority, path] = absolute;
  if (scheme!.toLowerCase() !== "http") {
    return {
      status: 501,
      text: "This proxy fetches http:// only; use CONNECT for all else",
    };
  }
  const target = parseAuthority(authority!, HTTP_PORT);
  if (!target) return bad("The host or the port is malformed");
  const body = bodyOf(head);
  if ("status" in body) return body;
  return {
    kind: "forward",
    target,
    head: rewritten(head, authority!, path!),
    body,
  };
}

/** RFC 9112, section 3.2.3, and RFC 3986, section 3.2. */
function parseAuthority(text: string, defaultPort: string): Target | undefined {
  const parts = AUTHORITY.exec(text);
  if (!parts) return undefined;
  const port = Number(parts[2] || defaultPort);
  if (port < 1 || port > 65_535) return undefined;
  const name = parts[1]!;
  if (name.length > MAX_HOST_BYTES) return undefined;
  if (!name.startsWith("[")) return { host: name, port };
  const host = name.slice(1, -1);
  return parseIpv6(host) ? { host, port } : undefined;
}

/** RFC 9112, section 6.3, without what proxies and targets read differently. */
function bodyOf(head: HttpHead): HttpBody | HttpRefusal {
  const lengths = valuesOf(head, "content-length");
  const codings = valuesOf(head, "transfer-encoding");
  if (codings.length > 0) {
    if (lengths.length > 0 || codings.length > 1 || head.minorVersion === 0) {
      return bad("The length of the body is not clear");
    }
    return codings[0]!.toLowerCase() === "chunked"
      ? new ChunkedBody()
      : { status: 501, text: "This transfer coding is not known" };
  }
  if (lengths.length === 0) return new SizedBody(0);
  return lengths.length === 1 && /^\d{1,15}$/.test(lengths[0]!)
    ? new SizedBody(Number(lengths[0]))
    : bad("The length of the body is not clear");
}

/** RFC 9112, sections 3.2.1, 3.2.2 (whatever `Host` said) and 3.2.4. */
function rewritten(
  head: HttpHead,
  authority: string,
  path: string,
): Uint8Array {
  const { method, minorVersion, fields } = head;
  const target = path.startsWith("/")
    ? path
    : path === "" && method === "OPTIONS"
    ? "*"
    : `/${path}`;
  const dropped = new Set(NOT_FORWARDED);
  for (const value of valuesOf(head, "connection")) {
    for (const name of value.split(",")) dropped.add(name.trim().toLowerCase());
  }
  for (const name of ALWAYS_FORWARDED) dropped.delete(name);
  const kept = fields.filter(({ name }) => !dropped.has(name));
  return bytesOfLatin1([
    `${method} ${target} HTTP/1.${minorVersion}`,
    `Host: ${authority}`,
    ...kept.map(({ line }) => line),
    "Connection: close",
    "\r\n",
  ].join("\r\n"));
}
