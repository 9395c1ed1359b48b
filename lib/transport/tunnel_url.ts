import type { Target } from "../base/address.ts";
import { ConfigError } from "../base/errors.ts";
import { hashToken } from "../wire/token.ts";

/** The path on which servers take tunnels, and the token in the query. */
const SOCKET_PATH = "/socket";

/**
 * Completes the URL that a user typed: the default scheme is `wss`, `http(s)`
 * means `ws(s)`, and the default path is `/socket`.
 *
 * @throws {ConfigError} if it is no URL of a tunnel
 */
export function normalizeTunnelUrl(typed: string): URL {
  const text = typed.includes("://") ? typed : `wss://${typed}`;
  const url = URL.parse(text.replace(/^http(s?):/i, "ws$1:"));
  // Without a scheme, a word alone is more likely a slip than a host.
  if (!url || (text !== typed && /^(?!localhost$)[^.:/]*$/.test(typed))) {
    throw new ConfigError("url", `"${typed}" is not a URL`);
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new ConfigError(
      "url",
      `cannot use ${url.protocol}//; use ws or wss`,
    );
  }
  if (url.pathname === "" || url.pathname === "/") url.pathname = SOCKET_PATH;
  return url;
}

/** The host, without brackets, and the port of a tunnel's URL. */
export function targetOf(url: URL): Target {
  const port = Number(url.port || (url.protocol === "wss:" ? 443 : 80));
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

/** The identity that a client presents. */
export interface TunnelIdentity {
  /** The token, in the clear. */
  token: string;
  /** Whether it wants to be a provider. */
  reverse: boolean;
  /** The UUID text of this process. */
  instance: string;
}

/** Where to dial, and whether the URL carries the token already. */
export interface AuthenticatedUrl {
  /** With the query that logs a client in, if the path is `/socket`. */
  url: URL;
  /** False: the first message must be AUTH. */
  authenticated: boolean;
}

/** Adds the hash of the token, the role and the instance to `/socket`. */
export async function authenticateUrl(
  normalized: URL,
  identity: TunnelIdentity,
): Promise<AuthenticatedUrl> {
  const url = new URL(normalized);
  // WebSocket URLs have no fragment (RFC 6455, section 3).
  url.hash = "";
  if (url.pathname !== SOCKET_PATH) return { url, authenticated: false };
  url.searchParams.set("token", await hashToken(identity.token));
  url.searchParams.set("reverse", String(identity.reverse));
  url.searchParams.set("instance", identity.instance);
  url.searchParams.sort();
  return { url, authenticated: true };
}
