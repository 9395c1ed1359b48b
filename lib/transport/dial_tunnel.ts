import { abortable } from "../base/abortable.ts";
import { errorText, isProgramError, TunnelError } from "../base/errors.ts";
import type { Target } from "../base/address.ts";
import type { Dialer } from "../dial/dialer.ts";
import type { ProxyAddress } from "../dial/proxy_url.ts";
import { UpstreamProxyDialer } from "../dial/upstream_proxy.ts";
import type { Backend } from "../net/backend.ts";
import { FAST_OPEN_OFF, type FastOpenOutcome } from "../net/fast_open.ts";
import { parseId } from "../wire/channel_id.ts";
import { decodeMessage } from "../wire/decode.ts";
import { encodeMessage } from "../wire/encode.ts";
import { SUBPROTOCOL } from "../wire/subprotocol.ts";
import { type Bridge, openBridge } from "./bridge.ts";
import {
  askLocation,
  followLocation,
  MAX_REDIRECTS,
  mayBeRedirect,
} from "./redirect.ts";
import type { Transport } from "../session/transport.ts";
import {
  type AuthenticatedUrl,
  authenticateUrl,
  targetOf,
  type TunnelIdentity,
} from "./tunnel_url.ts";
import { UpgradeError } from "./upgrade_error.ts";
import { WebSocketTransport } from "./web_socket_transport.ts";

/** How to reach a server. */
export interface DialTunnelOptions {
  /** Normalized, see `normalizeTunnelUrl`. */
  url: URL;
  /** The client's identity. */
  identity: TunnelIdentity;
  /** Where sockets come from. */
  backend: Backend;
  /** Dials the server's address. */
  dialer: Dialer;
  /** The proxy on the way to a server, if there is one; asked for each hop. */
  proxyFor?: (server: Target, secure: boolean) => ProxyAddress | undefined;
  /** Show the token to other hosts that the server redirects to. @default {false} */
  followHosts?: boolean;
  /** PEM of certificates to trust in addition. */
  caCerts?: readonly string[];
  /** Gives up when it aborts. */
  signal: AbortSignal;
}

/** An authenticated tunnel. */
export interface DialedTunnel {
  /** Messages after the login wait for a handler. */
  transport: Transport;
  /** Both ends have the extension. */
  v1: boolean;
  /** What the SYN to the server did; `off` without a bridge. */
  syn: FastOpenOutcome;
  /**
   * Sends an unsolicited pong; only for a provider's `ws`, and harmless when the
   * tunnel is closed.
   */
  pong: (() => void) | undefined;
}

/** Deadline for TCP, TLS, upgrade and login together. */
const HANDSHAKE_DEADLINE_MS = 30_000;

/**
 * Dials a server and logs in; redirects are followed.
 *
 * @throws {TunnelError} `auth` with the server's words if the token was rejected;
 *   `denied` if a redirect leads to another host; other codes if the server could
 *   not be reached
 */
export async function dialTunnel(
  options: DialTunnelOptions,
): Promise<DialedTunnel> {
  const deadline = AbortSignal.timeout(HANDSHAKE_DEADLINE_MS);
  const signal = AbortSignal.any([options.signal, deadline]);
  let at = await authenticateUrl(options.url, options.identity);
  try {
    for (let followed = 0;; followed++) {
      signal.throwIfAborted();
      try {
        return await dialOnce(options, at, signal);
      } catch (error) {
        if (!mayBeRedirect(error, at.url)) throw error;
        if (followed === MAX_REDIRECTS) {
          throw new TunnelError("failed", "the server redirects too often");
        }
        const location = await whereTo(options, at.url, signal);
        if (!location) throw error;
        at = await followLocation(location, options);
      }
    }
  } catch (error) {
    if (deadline.aborted && !options.signal.aborted) {
      throw new TunnelError("timeout", "the server did not answer in time");
    }
    throw error;
  }
}

async function dialOnce(
  options: DialTunnelOptions,
  { url, authenticated }: AuthenticatedUrl,
  signal: AbortSignal,
): Promise<DialedTunnel> {
  const bridge = bridgeFor(options, url, signal);
  try {
    const transport = await openWebSocket(options, url, bridge, signal);
    if (!authenticated) sendAuth(transport, options.identity);
    await authResponse(transport, signal);
    const v1 = transport.protocol === SUBPROTOCOL;
    // The WebSocket may have dialed by itself, see `bridgeClient`.
    const bridged = await Promise.race([bridge?.dialed, undefined]);
    const syn = bridged?.syn ?? FAST_OPEN_OFF;
    const pong = v1 ? undefined : bridged?.pong;
    // Pongs go through the bridge.
    if (!pong) bridged?.stepAside();
    return { transport, v1, syn, pong };
  } catch (error) {
    // The WebSocket ends only its own direction; the server may never end its.
    if (signal.aborted) bridge?.abort();
    throw error;
  } finally {
    bridge?.close();
  }
}

/** Asks again over HTTP, since the WebSocket does not report a redirect. */
async function whereTo(
  options: DialTunnelOptions,
  url: URL,
  signal: AbortSignal,
): Promise<URL | undefined> {
  const bridge = bridgeFor(options, url, signal);
  const client = bridge?.client ?? plainClient(options);
  try {
    return await askLocation(url, client, signal);
  } finally {
    if (bridge) bridge.close();
    else client.close();
  }
}

function plainClient({ caCerts }: DialTunnelOptions): Deno.HttpClient {
  return Deno.createHttpClient(caCerts ? { caCerts: [...caCerts] } : {});
}

function bridgeFor(
  { backend, dialer, proxyFor, identity, caCerts }: DialTunnelOptions,
  url: URL,
  signal: AbortSignal,
): Bridge | undefined {
  const secure = url.protocol === "wss:";
  // Deno has no Unix sockets on Windows; there the WebSocket dials by itself.
  if (Deno.build.os === "windows" && !secure) return undefined;
  const target = targetOf(url);
  const proxy = proxyFor?.(target, secure);
  return openBridge({
    backend,
    dialer: proxy ? new UpstreamProxyDialer(dialer, proxy) : dialer,
    target,
    secure,
    pongs: identity.reverse,
    signal,
    ...(caCerts ? { caCerts } : {}),
  });
}

async function openWebSocket(
  options: DialTunnelOptions,
  url: URL,
  bridge: Bridge | undefined,
  signal: AbortSignal,
): Promise<WebSocketTransport> {
  const client = bridge?.client ?? plainClient(options);
  const socket = new WebSocket(url, { protocols: [SUBPROTOCOL], client });
  const { promise, resolve, reject } = Promise.withResolvers<
    WebSocketTransport
  >();
  // The answer to the token may come in the same turn: create the transport at
  // once.
  socket.onopen = () => resolve(new WebSocketTransport(socket));
  socket.onerror = (event) => {
    event.preventDefault();
    const text = event instanceof ErrorEvent ? event.message : "failed";
    // Prefer the bridge's error: it is more precise than the WebSocket's.
    const dialed = bridge?.dialed ?? Promise.resolve();
    Promise.race([dialed, Promise.resolve()]).then(
      () => reject(new UpgradeError(text)),
      (error) => reject(error instanceof Error ? error : new Error(text)),
    );
  };
  try {
    return await abortable(promise, signal);
  } catch (error) {
    socket.onerror = (event) => event.preventDefault();
    socket.close();
    if (error instanceof TunnelError || signal.aborted) throw error;
    if (isProgramError(error)) throw error;
    throw new TunnelError("failed", errorText(error), { cause: error });
  } finally {
    if (!bridge) client.close();
  }
}

function sendAuth(transport: Transport, identity: TunnelIdentity): void {
  const { token, reverse } = identity;
  const instance = parseId(identity.instance);
  transport.send(encodeMessage({ type: "auth", token, reverse, instance }));
}

/** The first message that comes must be AUTH_RESPONSE. */
async function authResponse(
  transport: Transport,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  transport.handler = {
    message(bytes) {
      // Later messages wait for the session.
      transport.handler = undefined;
      try {
        const message = decodeMessage(bytes);
        if (message.type !== "authResponse") {
          throw new TunnelError(
            "protocol",
            `expected an answer to the token but got "${message.type}"`,
          );
        }
        if (!message.ok) {
          const text = message.error || "the server gave no reason";
          throw new TunnelError("auth", text);
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    },
    closed: reject,
  };
  try {
    await abortable(promise, signal);
  } catch (error) {
    transport.close();
    throw error;
  }
}
