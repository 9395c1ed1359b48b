import { formatTarget } from "../base/address.ts";
import { TunnelError } from "../base/errors.ts";
import { hashToken } from "../wire/token.ts";
import { tlsFailure } from "./tls_failure.ts";
import {
  type AuthenticatedUrl,
  authenticateUrl,
  targetOf,
  type TunnelIdentity,
} from "./tunnel_url.ts";
import { statusText, UpgradeError } from "./upgrade_error.ts";

/** As many as LinkSocks follows. */
export const MAX_REDIRECTS = 5;

/** RFC 9110, section 15.4; a 300 or 304 leads nowhere. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/**
 * Whether the server may have redirected a WebSocket to `url`. After a failure with
 * TLS the built-in one tries HTTP/2 and tells how that failed, not the status. A
 * client without HTTP/2 tells less: then a flaw of the certificate is hidden, too.
 */
export function mayBeRedirect(error: unknown, url: URL): boolean {
  if (!(error instanceof UpgradeError)) return false;
  return error.status === undefined
    ? url.protocol === "wss:"
    : REDIRECTS.has(error.status);
}

/**
 * Asks a server where it redirects to, which the built-in WebSocket does not tell:
 * the same URL once more, as a plain GET. The server has seen that URL already, so
 * the token in its query does no further harm.
 *
 * @param url Of the WebSocket that was not opened.
 * @returns Where to: absolute, `ws` or `wss`, without a fragment. Nothing if there
 *   is no answer.
 * @throws {TunnelError} If the answer is no redirect, or leads where no WebSocket
 *   can be; or if TLS fails, which this tells and the WebSocket does not.
 */
export async function askLocation(
  url: URL,
  client: Deno.HttpClient,
  signal: AbortSignal,
): Promise<URL | undefined> {
  const http = new URL(url);
  http.protocol = url.protocol === "wss:" ? "https:" : "http:";
  let response: Response;
  try {
    response = await fetch(http, { client, signal, redirect: "manual" });
    await response.body?.cancel();
  } catch (error) {
    const reason = tlsFailure(error);
    if (reason === undefined) return undefined;
    throw new TunnelError("failed", reason);
  }
  const { status, headers } = response;
  if (!REDIRECTS.has(status)) {
    throw new TunnelError("failed", statusText(status));
  }
  const next = URL.parse(headers.get("location") ?? "//", http);
  if (next?.protocol === "http:") next.protocol = "ws:";
  if (next?.protocol === "https:") next.protocol = "wss:";
  if (next?.protocol !== "ws:" && next?.protocol !== "wss:") {
    throw new TunnelError(
      "failed",
      "the server redirects to a URL that is not ws:// or wss://",
    );
  }
  next.hash = "";
  return next;
}

/** Decides whether a redirect may see the token. */
export interface FollowOptions {
  /** The server that the user named: it may see the token. */
  url: URL;
  /** The client's identity. */
  identity: TunnelIdentity;
  /** Let any host see the token. @default {false} */
  followHosts?: boolean;
}

/**
 * How to log in where a redirect leads.
 *
 * A token in the query of the location is what counts there. Without one, a host
 * that may see ours gets it, as it would if the user had named this URL: the way of
 * a redirect from `/` or from `http` to `https` often loses the query. Any other
 * host gets nothing of ours; only with a token that is not ours is it dialed at all.
 *
 * @throws {TunnelError} `denied` if the location may not see the token
 */
export async function followLocation(
  location: URL,
  { url, identity, followHosts = false }: FollowOptions,
): Promise<AuthenticatedUrl> {
  const given = location.searchParams.get("token");
  const trusted = followHosts || mayKnowToken(url, location);
  if (!trusted && (!given || await isOurs(given, identity))) {
    throw new TunnelError(
      "denied",
      `the server redirects to ${
        formatTarget(targetOf(location))
      }, which may ` +
        "not see the token (followHosts allows it)",
    );
  }
  if (given) return { url: location, authenticated: true };
  return await authenticateUrl(location, identity);
}

/**
 * The same host name, with TLS, which proves it, or at least the same port; and
 * never unencrypted when the user asked for TLS.
 */
function mayKnowToken(named: URL, location: URL): boolean {
  if (named.hostname !== location.hostname) return false;
  return location.protocol === "wss:" ||
    (named.protocol === "ws:" && named.port === location.port);
}

async function isOurs(
  given: string,
  { token }: TunnelIdentity,
): Promise<boolean> {
  return given === token || given.toLowerCase() === await hashToken(token);
}
