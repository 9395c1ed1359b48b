import { TunnelError } from "../base/errors.ts";
import { formatId, parseId } from "../wire/channel_id.ts";
import { decodeMessage } from "../wire/decode.ts";
import { encodeMessage } from "../wire/encode.ts";
import { SUBPROTOCOL } from "../wire/subprotocol.ts";
import type { Transport } from "../session/transport.ts";
import { WebSocketTransport } from "./web_socket_transport.ts";

/** What a client presents to be let in. */
export interface Credentials {
  /** The hash of its token, from the URL; or the token itself, from AUTH. */
  token: { hash: string } | { plain: string };
  /** Whether it wants to be a provider; `undefined` if unstated. */
  reverse: boolean | undefined;
  /** The UUID text of its process, in lowercase; `undefined` if it has none. */
  instance?: string | undefined;
}

/** Admission, or the text that tells the client why not. */
export type Verdict<T> =
  | { admitted: true; as: T }
  | { admitted: false; reason: string };

/** Callbacks of `acceptTunnel`. */
export interface AcceptOptions<T> {
  /** Decides who is let in. */
  judge(credentials: Credentials): Verdict<T>;
  /** A client was let in; its transport waits for a handler. */
  admitted(
    transport: Transport,
    v1: boolean,
    as: T,
    instance: string | undefined,
  ): void;
  /** A client was not let in. */
  rejected(error: TunnelError): void;
}

/** RFC 6455, section 7.4.1: policy violation. */
const CLOSE_POLICY = 1008;
/** Deadline for a client's AUTH message. */
const AUTH_DEADLINE_MS = 10_000;
/** SHA-256 in hex. */
const HASH_LENGTH = 64;
/** The nil UUID names nobody. */
const NO_INSTANCE = "00000000-0000-0000-0000-000000000000";
/**
 * Deno pings a client that is silent for a part of this time, in seconds, and
 * closes if it does not answer.
 */
const IDLE_TIMEOUT_S = 45;

/** Whether this request asks for a WebSocket, as RFC 6455, section 4.1, says. */
export function isUpgrade({ headers }: Request): boolean {
  const tokens = (headers.get("connection") ?? "").toLowerCase().split(/ *, */);
  return headers.get("upgrade")?.toLowerCase() === "websocket" &&
    tokens.includes("upgrade") &&
    headers.get("sec-websocket-version") === "13" &&
    headers.has("sec-websocket-key");
}

/**
 * Upgrades a request to a tunnel and logs the client in: by the query of the URL
 * if it has a token, else by the first message.
 */
export function acceptTunnel<T>(
  request: Request,
  options: AcceptOptions<T>,
): Response {
  const offered = (request.headers.get("sec-websocket-protocol") ?? "")
    .split(",").map((name) => name.trim());
  const v1 = offered.includes(SUBPROTOCOL);
  const { socket, response } = Deno.upgradeWebSocket(request, {
    idleTimeout: IDLE_TIMEOUT_S,
    ...(v1 ? { protocol: SUBPROTOCOL } : {}),
  });
  const query = new URL(request.url).searchParams;
  socket.onerror = (event) => event.preventDefault();
  socket.onopen = () => {
    const transport = new WebSocketTransport(socket);
    const token = query.get("token");
    if (token) {
      return decide(transport, v1, options, {
        token: { hash: token },
        reverse: roleOf(query.get("reverse")),
        instance: instanceOf(query.get("instance") ?? ""),
      });
    }
    awaitAuth(transport, v1, options);
  };
  return response;
}

function roleOf(text: string | null): boolean | undefined {
  return text ? text === "true" || text === "1" : undefined;
}

/** Some clients send no instance, or the nil UUID. */
function instanceOf(text: string): string | undefined {
  try {
    const instance = formatId(parseId(text));
    return instance === NO_INSTANCE ? undefined : instance;
  } catch {
    return undefined;
  }
}

function awaitAuth<T>(
  transport: Transport,
  v1: boolean,
  options: AcceptOptions<T>,
): void {
  const timer = setTimeout(
    () => reject(transport, options, "no token came in time"),
    AUTH_DEADLINE_MS,
  );
  transport.handler = {
    message(bytes) {
      clearTimeout(timer);
      transport.handler = undefined;
      let credentials: Credentials;
      try {
        const message = decodeMessage(bytes);
        if (message.type !== "auth") {
          return reject(transport, options, "invalid auth message");
        }
        credentials = {
          token: { plain: message.token },
          reverse: message.reverse,
          instance: instanceOf(formatId(message.instance)),
        };
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        return reject(transport, options, `invalid auth message: ${text}`);
      }
      decide(transport, v1, options, credentials);
    },
    closed(error) {
      clearTimeout(timer);
      options.rejected(error);
    },
  };
}

function decide<T>(
  transport: Transport,
  v1: boolean,
  options: AcceptOptions<T>,
  credentials: Credentials,
): void {
  const { token } = credentials;
  if ("hash" in token && token.hash.length !== HASH_LENGTH) {
    return reject(transport, options, "invalid token format");
  }
  const verdict = options.judge(credentials);
  if (!verdict.admitted) return reject(transport, options, verdict.reason);
  transport.send(encodeMessage({ type: "authResponse", ok: true }));
  options.admitted(transport, v1, verdict.as, credentials.instance);
}

function reject<T>(
  transport: Transport,
  options: AcceptOptions<T>,
  reason: string,
): void {
  transport.handler = { message() {}, closed() {} };
  const error = reason;
  transport.send(encodeMessage({ type: "authResponse", ok: false, error }));
  transport.close(CLOSE_POLICY, reason);
  options.rejected(new TunnelError("auth", reason));
}
