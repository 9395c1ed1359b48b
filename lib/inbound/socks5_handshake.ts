import type { Target } from "../base/address.ts";
import type { TunnelErrorCode } from "../base/errors.ts";
import { equalSecret } from "../base/secret.ts";
import { type Conn, type ConnHandler, END, FAILED } from "../net/conn.ts";
import { closeGently } from "../net/linger.ts";
import { replyForFailure } from "./reply_for_error.ts";
import {
  COMMAND,
  type Login,
  loginReply,
  MAX_HANDSHAKE_BYTES,
  METHOD,
  methodReply,
  type Parsed,
  parseGreeting,
  parseLogin,
  parseRequest,
  REPLY,
  requestReply,
} from "./socks5.ts";

/** An app that wants to reach a target, and waits for an answer. */
export interface InboundRequest {
  /** What to reach. */
  readonly target: Target;
  /** The app's conn; whoever takes the request owns it. */
  readonly conn: Conn;
  /** What the app has sent behind its request already. */
  readonly first: Uint8Array;
  /** Tells the app that it is connected. */
  succeed(): void;
  /** Tells the app why not, and closes. */
  fail(reply: number): void;
}

/**
 * An app that wants to send datagrams (RFC 1928, section 7). The association
 * lives as long as its conn does.
 */
export interface UdpRequest {
  /** Where the app says that it will send from; zeros if it does not know. */
  readonly hint: Target;
  /** The app's conn; whoever takes the request owns it. */
  readonly conn: Conn;
  /** Tells the app where to send its datagrams: an IP address and a port. */
  succeed(host: string, port: number): void;
  /** Tells the app why not, and closes. */
  fail(failure: TunnelErrorCode | "noAnswer"): void;
}

/** What a handshake needs. */
export interface HandshakeOptions {
  /** Who may come in; nobody is asked without it. */
  login?: Login | undefined;
  /** A whole request is there. */
  requested(request: InboundRequest): void;
  /** The app asks for UDP ASSOCIATE; without this it is refused. */
  associated?(request: UdpRequest): void;
  /** The handshake failed, or the app went away. */
  failed(): void;
}

/** Handshake bytes and what the app sends behind them; used within one call. */
const SCRATCH = new Uint8Array(65_536);
const EMPTY = new Uint8Array(0);

const NO_METHOD = methodReply(METHOD.none);
const PASSWORD_METHOD = methodReply(METHOD.password);
const UNACCEPTABLE = methodReply(METHOD.unacceptable);
const LOGIN_OK = loginReply(true);
const LOGIN_BAD = loginReply(false);
const SUCCEEDED = requestReply(REPLY.succeeded);

/**
 * The server's side of a SOCKS5 handshake on one conn, up to the request; the
 * bytes may come in any pieces, and the app need not wait for answers.
 */
export class Socks5Handshake implements ConnHandler {
  readonly #conn: Conn;
  readonly #options: HandshakeOptions;
  #state: "greeting" | "login" | "request" | "done" = "greeting";
  /** Bytes of an incomplete step. */
  #pending: Uint8Array = EMPTY;

  /** Takes over `conn`; call `start` next. */
  constructor(conn: Conn, options: HandshakeOptions) {
    this.#conn = conn;
    this.#options = options;
    conn.handler = this;
  }

  /** Reads what is there already. */
  start(): void {
    this.readable();
  }

  /** Gives up: the app took too long. */
  abort(): void {
    if (this.#state === "done") return;
    this.#state = "done";
    this.#conn.reset();
    this.#options.failed();
  }

  readable(): void {
    while (this.#state !== "done") {
      const pending = this.#pending.length;
      SCRATCH.set(this.#pending);
      const count = this.#conn.read(SCRATCH.subarray(pending));
      if (count === 0) return;
      if (count === END || count === FAILED) return this.abort();
      this.#pending = EMPTY;
      this.#consume(SCRATCH.subarray(0, pending + count));
    }
  }

  writable(): void {}

  failed(): void {
    this.abort();
  }

  #consume(bytes: Uint8Array): void {
    let rest = bytes;
    while (this.#state !== "done") {
      const end = this.#step(rest);
      if (end === undefined) {
        // A step that is not complete by now never will be.
        if (rest.length > MAX_HANDSHAKE_BYTES) return this.abort();
        this.#pending = rest.slice();
        return;
      }
      rest = rest.subarray(end);
    }
  }

  /** Handles one step; gives the offset behind it, or nothing if it is cut. */
  #step(bytes: Uint8Array): number | undefined {
    switch (this.#state) {
      case "greeting": {
        const parsed = this.#good(parseGreeting(bytes));
        return parsed && this.#onGreeting(parsed.value, parsed.end);
      }
      case "login": {
        const parsed = parseLogin(bytes);
        if (parsed.state === "more") return undefined;
        if (parsed.state === "ok" && this.#admits(parsed.value)) {
          this.#conn.write(LOGIN_OK);
          this.#state = "request";
          return parsed.end;
        }
        this.#refuse(LOGIN_BAD);
        return bytes.length;
      }
      case "request": {
        const parsed = this.#good(parseRequest(bytes));
        if (!parsed) return undefined;
        const { command, target } = parsed.value;
        if (command === COMMAND.udpAssociate && this.#options.associated) {
          this.#onAssociate(target);
          return bytes.length;
        }
        if (command !== COMMAND.connect) {
          this.#refuse(requestReply(REPLY.commandNotSupported));
          return bytes.length;
        }
        this.#onRequest(target, bytes.subarray(parsed.end));
        return bytes.length;
      }
      case "done":
        return bytes.length;
    }
  }

  /** Answers what can never become right. */
  #good<T>(parsed: Parsed<T>): { value: T; end: number } | undefined {
    if (parsed.state === "bad") this.#refuse(requestReply(parsed.reply));
    return parsed.state === "ok" ? parsed : undefined;
  }

  #onGreeting(methods: Uint8Array, end: number): number {
    if (!this.#options.login) {
      // Also if "no authentication" was not offered, as the reference does.
      this.#conn.write(NO_METHOD);
      this.#state = "request";
    } else if (methods.includes(METHOD.password)) {
      this.#conn.write(PASSWORD_METHOD);
      this.#state = "login";
    } else {
      this.#refuse(UNACCEPTABLE);
    }
    return end;
  }

  /** Both halves are always compared, so that time tells nothing. */
  #admits(given: Login): boolean {
    const { username, password } = this.#options.login!;
    const name = equalSecret(given.username, username);
    const pass = equalSecret(given.password, password);
    return name && pass;
  }

  #refuse(answer: Uint8Array): void {
    this.#state = "done";
    this.#conn.write(answer);
    closeGently(this.#conn);
    this.#options.failed();
  }

  #onAssociate(hint: Target): void {
    this.#state = "done";
    const conn = this.#conn;
    this.#options.associated!({
      hint,
      conn,
      succeed: (host, port) =>
        void conn.write(requestReply(REPLY.succeeded, host, port)),
      fail: (failure) => {
        conn.write(requestReply(replyForFailure(failure)));
        closeGently(conn);
      },
    });
  }

  #onRequest(target: Target, first: Uint8Array): void {
    this.#state = "done";
    const conn = this.#conn;
    this.#options.requested({
      target,
      conn,
      first: first.length === 0 ? EMPTY : first.slice(),
      succeed: () => void conn.write(SUCCEEDED),
      fail: (reply) => {
        conn.write(requestReply(reply));
        closeGently(conn);
      },
    });
  }
}
