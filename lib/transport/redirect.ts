import { formatTarget } from "../base/address.ts";
import { errorText, TunnelError } from "../base/errors.ts";
import { hashToken } from "../wire/token.ts";
import {
  type AuthenticatedUrl,
  authenticateUrl,
  targetOf,
  type TunnelIdentity,
} from "./tunnel_url.ts";

/** As many as LinkSocks follows. */
export const MAX_REDIRECTS = 5;

/** RFC 9110, section 15.4; a 300 or 304 leads nowhere. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** How the built-in WebSocket tells the status that it got instead of 101. */
const STATUS = /Invalid status code: (\d{3})/;

/** A server was reached and did not open a WebSocket. */
export class UpgradeError extends TunnelError {}

/**
 * Whether the server may have redirected a WebSocket to `url`. After a failure with
 * TLS the built-in one tries HTTP/2, too, and the status of the first is not told.
 */
export function mayBeRedirect(error: unknown, url: URL): boolean {
  if (!(error instanceof UpgradeError)) return false;
  const status = STATUS.exec(error.message)?.[1];
  return status === undefined
    ? url.protocol === "wss:"
    : REDIRECTS.has(Number(status));
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
    const reason = whyNoTls(error);
    if (reason === undefined) return undefined;
    throw new TunnelError("failed", reason);
  }
  const { status, headers } = response;
  if (!REDIRECTS.has(status)) {
    throw new TunnelError(
      "failed",
      `the server opens no WebSocket (a plain GET is answered with ${status})`,
    );
  }
  const next = URL.parse(headers.get("location") ?? "//", http);
  if (next?.protocol === "http:") next.protocol = "ws:";
  if (next?.protocol === "https:") next.protocol = "wss:";
  if (next?.protocol !== "ws:" && next?.protocol !== "wss:") {
    throw new TunnelError(
      "failed",
      "the server redirects to what is no server",
    );
  }
  next.hash = "";
  return next;
}

/** The words of rustls, which stand behind the URL with the token. */
const BAD_CERTIFICATE = /invalid peer certificate: (.+)$/;
const NO_TLS = /received corrupt message/;

/** Why there was no TLS, if that was it, and what would change it. */
function whyNoTls(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause ?? error : error;
  const text = errorText(cause);
  if (NO_TLS.test(text)) return "the server does not speak TLS: use ws://";
  const flaw = BAD_CERTIFICATE.exec(text)?.[1];
  if (flaw === undefined) return undefined;
  const advice = flaw.includes("CaUsedAsEndEntity")
    ? "make it with openssl req -addext basicConstraints=critical,CA:FALSE"
    : "--ca-file names one to trust";
  return `the server's certificate is not accepted: ${flaw}; ${advice}`;
}

/** What decides over a redirect. */
export interface FollowOptions {
  /** What the user has named: this host may see the token. */
  url: URL;
  /** Who we are. */
  identity: TunnelIdentity;
  /** Any host may see the token. @default {false} */
  followHosts?: boolean;
}

/**
 * How to log in where a redirect leads.
 *
 * A token in the query of the location is what counts there. Without one, a host
 * that may see ours gets it, as it would if the user had named this URL: the way of
 * a redirect from `/` or from `http` to `https` often loses the query. Any other
 * host gets nothing of ours; only with a token that is not ours is it dialled at all.
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
        "not see the token (--follow-hosts allows it)",
    );
  }
  if (given) return { url: location, authenticated: true };
  return await authenticateUrl(location, identity);
}

/**
 * The same host: the same name, with TLS, which vouches for it, or at least at the
 * same port; and never in the clear what the user wanted to be encrypted.
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
