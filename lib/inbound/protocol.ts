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
  /** It is malformed or not allowed; `answer` is sent last. */
  | { state: "refuse"; answer: Uint8Array }
  /** The app has asked for a target. */
  | {
    state: "tcp";
    target: Target;
    /** First bytes for the target; may be a view of the step's bytes. */
    first: Uint8Array;
    /** What follows `first`, if not everything that the app sends. */
    body?: HttpBody;
    /** More than the body has come already. */
    overrun?: boolean;
    /** Tells the app that it is connected; empty if nothing does. */
    success: Uint8Array;
    /** Tells the app why not. */
    failure(failure: Failure): Uint8Array;
  }
  /** The app wants to send datagrams. */
  | {
    state: "udp";
    hint: Target;
    /** Tells the app where to send them. */
    success(host: string, port: number): Uint8Array;
    /** Tells the app why not. */
    failure(failure: Failure): Uint8Array;
  };

/** The step is not complete yet. */
export const MORE: Step = { state: "more" };

/** Who may come in, and for what. */
export interface Admission {
  /** Credentials that apps must give; without it all are admitted. */
  login?: Login | undefined;
  /** Take UDP ASSOCIATE of SOCKS5. @default {false} */
  udp?: boolean;
}

/** The server's side of a protocol up to the request; knows no conn. */
export interface InboundProtocol {
  /**
   * Looks at the bytes since the last complete step: each call gets the same
   * bytes, maybe with more appended. Never asks for more when a named limit is
   * reached.
   */
  step(bytes: Uint8Array): Step;
}
