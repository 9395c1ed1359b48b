import type { Target } from "../base/address.ts";
import type { Failure } from "./failure.ts";
import type { HttpBody } from "./http_body.ts";
import type { Login } from "./socks5.ts";

/** What a handshake does next. */
export type Step =
  /** The step is not complete yet. */
  | { state: "more" }
  /** The step ends before the offset `end` and gets an answer; another follows. */
  | { state: "answer"; answer: Uint8Array; end: number }
  /** It can never become right, or is not allowed; `answer` is the last word. */
  | { state: "refuse"; answer: Uint8Array }
  /** The app has asked for a target. */
  | {
    state: "tcp";
    target: Target;
    /** Goes to the target first; a view of the bytes of the step is allowed. */
    first: Uint8Array;
    /** What follows `first`, if not everything that the app sends. */
    body?: HttpBody;
    /** More than the body has come already. */
    overrun?: boolean;
    /** What tells the app that it is connected; empty if nothing does. */
    success: Uint8Array;
    /** What tells the app why not. */
    failure(failure: Failure): Uint8Array;
  }
  /** The app has asked for a way for datagrams. */
  | {
    state: "udp";
    hint: Target;
    /** What tells the app where to send them. */
    success(host: string, port: number): Uint8Array;
    /** What tells the app why not. */
    failure(failure: Failure): Uint8Array;
  };

/** The step is not complete yet. */
export const MORE: Step = { state: "more" };

/** Who may come in, and for what. */
export interface Admission {
  /** Who may come in; nobody is asked without it. */
  login?: Login | undefined;
  /** Take UDP ASSOCIATE of SOCKS5. @default {false} */
  udp?: boolean;
}

/** The server's side of a protocol up to the request; knows no conn. */
export interface InboundProtocol {
  /**
   * Looks at what has come since the last complete step: with each call the same
   * bytes and maybe more behind them. Never asks for more when a named limit is
   * reached.
   */
  step(bytes: Uint8Array): Step;
}
