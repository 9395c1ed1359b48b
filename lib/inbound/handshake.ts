import { EMPTY } from "../base/empty.ts";
import { type Conn, type ConnHandler, END, FAILED } from "../net/conn.ts";
import { closeGently } from "../net/linger.ts";
import { HttpHandshake } from "./http_handshake.ts";
import { OneRequestConn } from "./one_request_conn.ts";
import type { Admission, InboundProtocol, Step } from "./protocol.ts";
import type { InboundRequest } from "./request.ts";
import { SOCKS4_VERSION } from "./socks4.ts";
import { Socks4Handshake } from "./socks4_handshake.ts";
import { Socks5Handshake } from "./socks5_handshake.ts";

/** What a handshake needs. */
export interface HandshakeOptions extends Admission {
  /** A whole request is there. */
  requested(request: InboundRequest): void;
  /** The handshake failed, or the app went away. */
  failed(): void;
}

type Asked = Extract<Step, { state: "tcp" | "udp" }>;

/** Handshake bytes and what the app sends behind them; used within one call. */
const SCRATCH = new Uint8Array(65_536);

/**
 * The server's side of a handshake on one conn, up to the request: SOCKS5, SOCKS4
 * or HTTP, by the first byte. The bytes may come in any pieces, and the app need
 * not wait for answers.
 */
export class Handshake implements ConnHandler {
  readonly #conn: Conn;
  readonly #options: HandshakeOptions;
  #protocol: InboundProtocol | undefined;
  #done = false;
  /** An incomplete step, with room for more behind it. */
  #held: Uint8Array = EMPTY;
  #heldBytes = 0;

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
    if (this.#done) return;
    this.#finish();
    this.#conn.reset();
    this.#options.failed();
  }

  readable(): void {
    while (!this.#done) {
      const count = this.#conn.read(SCRATCH);
      if (count === 0) return;
      if (count === END || count === FAILED) return this.abort();
      this.#consume(this.#withHeld(SCRATCH.subarray(0, count)));
    }
  }

  writable(): void {}

  failed(): void {
    this.abort();
  }

  #finish(): void {
    this.#done = true;
    this.#held = EMPTY;
  }

  /**
   * The held bytes and then `bytes`; capacity doubles, so that little is
   * copied.
   */
  #withHeld(bytes: Uint8Array): Uint8Array {
    if (this.#heldBytes === 0) return bytes;
    const length = this.#heldBytes + bytes.length;
    if (length > this.#held.length) {
      const roomier = new Uint8Array(Math.max(length, 2 * this.#held.length));
      roomier.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = roomier;
    }
    this.#held.set(bytes, this.#heldBytes);
    return this.#held.subarray(0, length);
  }

  #hold(rest: Uint8Array): void {
    const isHeld = rest.buffer === this.#held.buffer && rest.byteOffset === 0;
    if (!isHeld) this.#held = rest.slice();
    this.#heldBytes = rest.length;
  }

  #consume(bytes: Uint8Array): void {
    const protocol = this.#protocol ??= this.#sniff(bytes[0]!);
    let rest = bytes;
    while (!this.#done) {
      const step = protocol.step(rest);
      switch (step.state) {
        case "more":
          return this.#hold(rest);
        case "answer":
          this.#conn.write(step.answer);
          rest = rest.subarray(step.end);
          break;
        case "refuse":
          this.#finish();
          this.#conn.write(step.answer);
          closeGently(this.#conn);
          this.#options.failed();
          break;
        default:
          this.#deliver(step);
      }
    }
  }

  /** An unknown first byte gets the answer of SOCKS5, as from the reference. */
  #sniff(byte: number): InboundProtocol {
    if (byte === SOCKS4_VERSION) return new Socks4Handshake(this.#options);
    const isUpperCase = byte >= 0x41 && byte <= 0x5a;
    return isUpperCase
      ? new HttpHandshake(this.#options)
      : new Socks5Handshake(this.#options);
  }

  #deliver(step: Asked): void {
    const conn = this.#conn;
    const fail: InboundRequest["fail"] = (failure) => {
      conn.write(step.failure(failure));
      closeGently(conn);
    };
    // Before the callback, which may use the same scratch for another conn.
    const first = step.state === "tcp" && step.first.length > 0
      ? step.first.slice()
      : EMPTY;
    this.#finish();
    if (step.state === "udp") {
      this.#options.requested({
        kind: "udp",
        hint: step.hint,
        conn,
        succeed: (host, port) => void conn.write(step.success(host, port)),
        fail,
      });
      return;
    }
    const { target, body, overrun, success } = step;
    const silent = success.length === 0;
    this.#options.requested({
      kind: "tcp",
      target,
      conn: body ? new OneRequestConn(conn, body, overrun) : conn,
      first,
      silent,
      succeed: () => {
        if (!silent) conn.write(success);
      },
      fail,
    });
  }
}
