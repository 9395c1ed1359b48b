import { errorText, TunnelError } from "../base/errors.ts";
import type { Dialer } from "../dial/dialer.ts";
import type { Backend, Conn } from "../net/conn.ts";
import { parseId } from "../wire/channel_id.ts";
import { decodeMessage } from "../wire/decode.ts";
import { encodeMessage } from "../wire/encode.ts";
import { SUBPROTOCOL } from "../wire/subprotocol.ts";
import { type Bridge, openBridge } from "./bridge.ts";
import { PongConn } from "./pong_conn.ts";
import type { Transport } from "./transport.ts";
import { authenticateUrl, type TunnelIdentity } from "./tunnel_url.ts";
import { WebSocketTransport } from "./web_socket_transport.ts";

/** How to reach a server. */
export interface DialTunnelOptions {
  /** Normalised, see `normalizeTunnelUrl`. */
  url: URL;
  /** Who we are. */
  identity: TunnelIdentity;
  /** Where sockets come from. */
  backend: Backend;
  /** Dials the server's address. */
  dialer: Dialer;
  /** PEM of certificates to trust in addition. */
  caCerts?: readonly string[];
  /** Gives up when it aborts. */
  signal: AbortSignal;
}

/** An authenticated tunnel. */
export interface DialedTunnel {
  /** What has come behind the login waits for its handler. */
  transport: Transport;
  /** Both ends have the extension. */
  v1: boolean;
  /** The conn to the server, with what its SYN did; unknown without a bridge. */
  conn: Conn | undefined;
  /**
   * Sends a pong that nobody asked for; only for a provider's `ws`, and harmless
   * when the tunnel is closed.
   */
  pong: (() => void) | undefined;
}

/** TCP, TLS, upgrade and authentication together. */
const HANDSHAKE_DEADLINE_MS = 30_000;

/**
 * Dials a server and logs in.
 *
 * @throws {TunnelError} `auth` with the server's words if the token was rejected;
 *   other codes if the server could not be reached
 */
export async function dialTunnel(
  options: DialTunnelOptions,
): Promise<DialedTunnel> {
  const { url, authenticated } = await authenticateUrl(
    options.url,
    options.identity,
  );
  const deadline = AbortSignal.timeout(HANDSHAKE_DEADLINE_MS);
  const signal = AbortSignal.any([options.signal, deadline]);
  signal.throwIfAborted();
  const bridge = bridgeFor(options, url, signal);
  try {
    const transport = await openWebSocket(options, url, bridge, signal);
    if (!authenticated) sendAuth(transport, options.identity);
    await authResponse(transport, signal);
    const v1 = transport.protocol === SUBPROTOCOL;
    const conn = await bridge?.dialed;
    const pong = conn instanceof PongConn ? () => conn.pong() : undefined;
    return { transport, v1, conn, pong };
  } catch (error) {
    if (deadline.aborted && !options.signal.aborted) {
      throw new TunnelError("timeout", "the server did not answer in time");
    }
    throw error;
  } finally {
    bridge?.close();
  }
}

function bridgeFor(
  { backend, dialer, identity, caCerts }: DialTunnelOptions,
  url: URL,
  signal: AbortSignal,
): Bridge | undefined {
  const secure = url.protocol === "wss:";
  // Deno has no Unix sockets on Windows; there the WebSocket dials by itself.
  if (Deno.build.os === "windows" && !secure) return undefined;
  const port = Number(url.port || (secure ? 443 : 80));
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return openBridge({
    backend,
    dialer,
    target: { host, port },
    secure,
    pongs: identity.reverse,
    signal,
    ...(caCerts ? { caCerts } : {}),
  });
}

async function openWebSocket(
  { caCerts }: DialTunnelOptions,
  url: URL,
  bridge: Bridge | undefined,
  signal: AbortSignal,
): Promise<WebSocketTransport> {
  const client = bridge?.client ??
    Deno.createHttpClient(caCerts ? { caCerts: [...caCerts] } : {});
  const socket = new WebSocket(url, { protocols: [SUBPROTOCOL], client });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.onopen = () => resolve();
  socket.onerror = (event) => {
    event.preventDefault();
    const text = event instanceof ErrorEvent ? event.message : "failed";
    // The bridge knows the reason better than the WebSocket does.
    const dialed = bridge?.dialed ?? Promise.resolve();
    Promise.race([dialed, Promise.resolve()]).then(
      () => reject(new TunnelError("failed", text)),
      (error) => reject(error instanceof Error ? error : new Error(text)),
    );
  };
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
    return new WebSocketTransport(socket);
  } catch (error) {
    socket.onerror = (event) => event.preventDefault();
    socket.close();
    if (error instanceof TunnelError || signal.aborted) throw error;
    throw new TunnelError("failed", errorText(error), { cause: error });
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!bridge) client.close();
  }
}

function sendAuth(transport: Transport, identity: TunnelIdentity): void {
  const { token, reverse } = identity;
  const instance = parseId(identity.instance);
  transport.send(encodeMessage({ type: "auth", token, reverse, instance }));
}

/** The first message that comes must be AUTH_RESPONSE. */
function authResponse(
  transport: Transport,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = () => {
    transport.close();
    reject(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  transport.handler = {
    message(bytes) {
      // What comes behind it waits for the session.
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
        transport.close();
        reject(error);
      }
    },
    closed: reject,
  };
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}
