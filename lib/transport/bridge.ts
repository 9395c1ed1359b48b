import { EMPTY } from "../base/empty.ts";
import { abortable } from "../base/abortable.ts";
import { TunnelError } from "../base/errors.ts";
import { equalSecret } from "../base/secret.ts";
import type { Dialer, Target } from "../dial/dialer.ts";
import type { Backend, Listener } from "../net/backend.ts";
import { type Conn, END, FAILED } from "../net/conn.ts";
import type { FastOpenOutcome } from "../net/fast_open.ts";
import type { HandedOver } from "../net/runtime_sockets.ts";
import { type Relay, relay } from "./relay.ts";
import { bridgeClient } from "./bridge_client.ts";
import { PongConn } from "./pong_conn.ts";

/** What a bridge needs. */
export interface BridgeOptions {
  /** Where its sockets come from. */
  backend: Backend;
  /** Dials the server, with the first bytes in the SYN if possible. */
  dialer: Dialer;
  /** The server of the tunnel. */
  target: Target;
  /** `wss`: the WebSocket comes as to an HTTP proxy and says ClientHello next. */
  secure: boolean;
  /** PEM of certificates to trust in addition; for `wss`. */
  caCerts?: readonly string[];
  /** Be able to send unsolicited pongs; not for `wss`. @default {false} */
  pongs?: boolean;
  /** Gives up when it aborts. */
  signal: AbortSignal;
}

/** One dial of a tunnel through sockets of our own. */
export interface Bridge {
  /** For the WebSocket. Close it when the WebSocket is open or has failed. */
  client: Deno.HttpClient;
  /** The conn to the server, or why there is none. */
  dialed: Promise<Bridged>;
  /** Accepts nothing more; its conn lives on. */
  close(): void;
  /** Ends its conn, now or as soon as there is one. Call `close` as well. */
  abort(): void;
}

/** What a bridge has dialed. */
export interface Bridged {
  /** What the SYN to the server did. */
  syn: FastOpenOutcome;
  /** Sends an unsolicited pong, if the bridge was opened for that. */
  pong: (() => void) | undefined;
  /** Resolves when the bridge carries nothing any more. */
  closed: Promise<void>;
  /** Resets the conn, unless the WebSocket has it by now. */
  abort(): void;
  /**
   * Lets the WebSocket have the conn itself, soon, if that is possible; not if pongs
   * are to be sent.
   */
  stepAside(): void;
}

/** Delay before the first try to step aside, so that it does not compete with the
 * requests that wait for the tunnel. */
const STEP_ASIDE_MS = 50;
const MAX_STEP_ASIDE_MS = 10_000;
/** Upper bound on an upgrade request, a CONNECT or a ClientHello. */
const MAX_OPENING_BYTES = 16_384;
const PROXY_USER = "synsocks";
const ENCODER = new TextEncoder();
const ESTABLISHED = ENCODER.encode("HTTP/1.1 200 OK\r\n\r\n");
const REFUSED = ENCODER.encode(
  "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
);

/**
 * Lets the built-in WebSocket dial through our own socket: it connects to the
 * bridge in this process, which reads the first bytes, puts them into the SYN
 * to the server and relays from then on.
 *
 * For `ws` the bridge listens on a Unix socket in a directory that only this
 * user can enter; for `wss` on a loopback port, as an HTTP proxy with a random
 * password for this one dial, and sees only TLS.
 */
export function openBridge(options: BridgeOptions): Bridge {
  const { promise: dialed, resolve, reject } = Promise.withResolvers<
    Bridged
  >();
  // Nobody may be waiting for it.
  dialed.catch(() => {});
  const { signal } = options;
  let taken = false;
  const password = crypto.randomUUID();
  function accepted(local: Conn): void {
    if (taken) return local.reset();
    taken = true;
    const ready = options.secure ? proxyAnswered(local, password) : local;
    Promise.resolve(ready)
      .then((conn) => dialWithFirst(conn, options))
      .then(resolve, (error) => {
        local.reset();
        reject(error);
      });
  }
  const handler = { accepted, acceptFailed: reject };
  const listening = options.secure
    ? listenAsProxy(options, handler, password)
    : listenOnUnix(options, handler);
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    client: listening.client,
    dialed,
    abort() {
      dialed.then((bridged) => bridged.abort(), () => {});
    },
    close() {
      signal.removeEventListener("abort", onAbort);
      listening.close();
      reject(new TunnelError("closed", "the bridge was closed"));
    },
  };
}

interface Listening {
  client: Deno.HttpClient;
  close(): void;
}

type Handler = Parameters<Backend["listen"]>[1];

function listenOnUnix(
  { backend }: BridgeOptions,
  handler: Handler,
): Listening {
  const directory = Deno.makeTempDirSync({ prefix: "synsocks-" }); // mode 0700
  const path = `${directory}/tunnel`;
  let listener: Listener;
  try {
    listener = backend.listenUnix(path, handler);
  } catch (error) {
    Deno.removeSync(directory, { recursive: true });
    throw error;
  }
  const client = bridgeClient({ proxy: { transport: "unix", path } });
  return {
    client,
    close() {
      listener.close();
      client.close();
      Deno.removeSync(directory, { recursive: true });
    },
  };
}

function listenAsProxy(
  { backend, caCerts }: BridgeOptions,
  handler: Handler,
  password: string,
): Listening {
  const listener = backend.listen({ host: "127.0.0.1", port: 0 }, handler);
  const client = bridgeClient({
    proxy: {
      url: `http://127.0.0.1:${listener.addr.port}`,
      basicAuth: { username: PROXY_USER, password },
    },
    ...(caCerts ? { caCerts: [...caCerts] } : {}),
  });
  return {
    client,
    close() {
      listener.close();
      client.close();
    },
  };
}

/** Reads until `isComplete`; rejects at the end, on failure and at the limit. */
function readFirst(
  conn: Conn,
  isComplete: (bytes: Uint8Array) => boolean,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const buffer = new Uint8Array(MAX_OPENING_BYTES);
  let length = 0;
  function failed(): void {
    reject(new TunnelError("closed", "the WebSocket gave up"));
  }
  function readable(): void {
    for (;;) {
      const count = conn.read(buffer.subarray(length));
      if (count === 0) break;
      if (count === END || count === FAILED) return failed();
      length += count;
      if (length === buffer.length) break;
    }
    if (length > 0 && isComplete(buffer.subarray(0, length))) {
      resolve(buffer.subarray(0, length));
    } else if (length === buffer.length) {
      reject(new TunnelError("limit", "the first bytes are too long"));
    }
  }
  conn.handler = { readable, writable() {}, failed };
  readable();
  return abortable(promise, signal);
}

function endsHead(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes.subarray(-4);
  return a === 13 && b === 10 && c === 13 && d === 10;
}

/** Answers a CONNECT that has the password and rejects any other. */
async function proxyAnswered(conn: Conn, password: string): Promise<Conn> {
  const head = new TextDecoder().decode(await readFirst(conn, endsHead));
  const given = /^proxy-authorization: *basic +(\S+)\r?$/im.exec(head)?.[1];
  const expected = btoa(`${PROXY_USER}:${password}`);
  if (
    !head.startsWith("CONNECT ") ||
    !equalSecret(ENCODER.encode(given ?? ""), ENCODER.encode(expected))
  ) {
    conn.write(REFUSED);
    throw new TunnelError(
      "denied",
      "rejected an unauthenticated connection to the bridge",
    );
  }
  conn.write(ESTABLISHED);
  return conn;
}

async function dialWithFirst(
  local: Conn,
  { backend, dialer, target, secure, pongs, signal }: BridgeOptions,
): Promise<Bridged> {
  // A request ends with a blank line; a ClientHello comes in one piece or the
  // rest of it follows behind.
  const first = await readFirst(local, secure ? () => true : endsHead, signal);
  const dialed = await dialer.dial(target, { first, signal });
  const { sent } = dialed;
  backend.runtime.tuneTunnel(dialed.conn);
  const { fastOpen: syn } = dialed.conn;
  // Nothing can be inserted into TLS records.
  const ponging = pongs && !secure
    ? new PongConn(dialed.conn, first.length - sent)
    : undefined;
  const rest = sent < first.length ? first.slice(sent) : EMPTY;
  const joined = relay(local, ponging ?? dialed.conn, rest);
  return {
    syn,
    pong: ponging && (() => ponging.pong()),
    closed: joined.closed,
    abort: joined.abort,
    stepAside() {
      giveWay(joined, () => backend.runtime.giveConn(local, dialed.conn));
    },
  };
}

/** Tries until the relay is over, less and less often: a path may be busy. */
function giveWay(relayed: Relay, giveConn: () => HandedOver): void {
  let waitMs = STEP_ASIDE_MS;
  let timer = setTimeout(again, waitMs);
  relayed.closed.then(() => clearTimeout(timer));
  async function again(): Promise<void> {
    waitMs = Math.min(2 * waitMs, MAX_STEP_ASIDE_MS);
    const given = await relayed.giveWay(giveConn);
    if (given === "busy") timer = setTimeout(again, waitMs);
  }
}
