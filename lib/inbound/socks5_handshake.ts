import { equalSecret } from "../base/secret.ts";
import type { Failure } from "./failure.ts";
import {
  type Admission,
  type InboundProtocol,
  MORE,
  type Step,
} from "./protocol.ts";
import {
  COMMAND,
  type Login,
  loginReply,
  METHOD,
  methodReply,
  parseGreeting,
  parseLogin,
  parseRequest,
  REPLY,
  requestReply,
} from "./socks5.ts";
import { socks5ReplyFor } from "./socks5_reply.ts";

const NO_METHOD = methodReply(METHOD.none);
const PASSWORD_METHOD = methodReply(METHOD.password);
const UNACCEPTABLE = methodReply(METHOD.unacceptable);
const LOGIN_OK = loginReply(true);
const LOGIN_BAD = loginReply(false);
const SUCCEEDED = requestReply(REPLY.succeeded);

/**
 * SOCKS5 up to the request (RFC 1928 and 1929). Its length bytes limit each
 * step to 513 bytes.
 */
export class Socks5Handshake implements InboundProtocol {
  readonly #admission: Admission;
  #state: "greeting" | "login" | "request" = "greeting";

  /** Waits for the greeting. */
  constructor(admission: Admission) {
    this.#admission = admission;
  }

  step(bytes: Uint8Array): Step {
    switch (this.#state) {
      case "greeting":
        return this.#onGreeting(bytes);
      case "login":
        return this.#onLogin(bytes);
      case "request":
        return this.#onRequest(bytes);
    }
  }

  #onGreeting(bytes: Uint8Array): Step {
    const parsed = parseGreeting(bytes);
    if (parsed.state === "more") return MORE;
    if (parsed.state === "bad") return refuse(parsed.reply);
    const { value: methods, end } = parsed;
    if (!this.#admission.login) {
      // Also if "no authentication" was not offered, as the reference does.
      this.#state = "request";
      return { state: "answer", answer: NO_METHOD, end };
    }
    if (!methods.includes(METHOD.password)) {
      return { state: "refuse", answer: UNACCEPTABLE };
    }
    this.#state = "login";
    return { state: "answer", answer: PASSWORD_METHOD, end };
  }

  #onLogin(bytes: Uint8Array): Step {
    const parsed = parseLogin(bytes);
    if (parsed.state === "more") return MORE;
    if (parsed.state === "bad" || !this.#admits(parsed.value)) {
      return { state: "refuse", answer: LOGIN_BAD };
    }
    this.#state = "request";
    return { state: "answer", answer: LOGIN_OK, end: parsed.end };
  }

  /** Both halves are always compared, so that time tells nothing. */
  #admits(given: Login): boolean {
    const { username, password } = this.#admission.login!;
    const name = equalSecret(given.username, username);
    const pass = equalSecret(given.password, password);
    return name && pass;
  }

  #onRequest(bytes: Uint8Array): Step {
    const parsed = parseRequest(bytes);
    if (parsed.state === "more") return MORE;
    if (parsed.state === "bad") return refuse(parsed.reply);
    const { command, target } = parsed.value;
    if (command === COMMAND.connect) {
      const first = bytes.subarray(parsed.end);
      return { state: "tcp", target, first, success: SUCCEEDED, failure };
    }
    if (command === COMMAND.udpAssociate && this.#admission.udp) {
      // What an app sends behind this request has no meaning.
      return { state: "udp", hint: target, success: associated, failure };
    }
    return refuse(REPLY.commandNotSupported);
  }
}

function refuse(reply: number): Step {
  return { state: "refuse", answer: requestReply(reply) };
}

function failure(why: Failure): Uint8Array {
  return requestReply(socks5ReplyFor(why));
}

function associated(host: string, port: number): Uint8Array {
  return requestReply(REPLY.succeeded, host, port);
}
