import { joinBytes } from "../base/join_bytes.ts";
import { EMPTY } from "../base/empty.ts";
import { equalSecret } from "../base/secret.ts";
import {
  CONNECT_ESTABLISHED,
  httpAnswer,
  type HttpRefusal,
  httpRefusalFor,
  LOGIN_REQUIRED,
} from "./http_answer.ts";
import {
  bytesOfLatin1,
  HeadScanner,
  type HttpHead,
  MAX_HEAD_BYTES,
  parseHead,
  valuesOf,
} from "./http_head.ts";
import { parseProxyRequest } from "./http_proxy.ts";
import {
  type Admission,
  type InboundProtocol,
  MORE,
  type Step,
} from "./protocol.ts";
import type { Login } from "./socks5.ts";

const COLON = new Uint8Array([0x3a]);

/** An HTTP/1.1 proxy: CONNECT, and requests with a whole `http://` address. */
export class HttpHandshake implements InboundProtocol {
  readonly #admission: Admission;
  readonly #scanner = new HeadScanner();

  /** Waits for a head. */
  constructor(admission: Admission) {
    this.#admission = admission;
  }

  step(bytes: Uint8Array): Step {
    const end = this.#scanner.end(bytes);
    if ((end ?? bytes.length) > MAX_HEAD_BYTES) {
      return refuse({ status: 431, text: "The head is too long" });
    }
    if (end === undefined) return MORE;
    const head = parseHead(bytes.subarray(0, end));
    if ("status" in head) return refuse(head);
    const { method } = head;
    const { login } = this.#admission;
    if (login && !admits(login, head)) return refuse(LOGIN_REQUIRED, method);
    const request = parseProxyRequest(head);
    if ("status" in request) return refuse(request, method);
    const behind = bytes.subarray(end);
    const { target } = request;
    const common = {
      state: "tcp",
      target,
      failure: (why) => httpAnswer(httpRefusalFor(why), method),
    } satisfies Partial<Step>;
    if (request.kind === "connect") {
      return { ...common, first: behind, success: CONNECT_ESTABLISHED };
    }
    const { body } = request;
    const taken = body.take(behind);
    const first = joinBytes(request.head, behind.subarray(0, taken));
    const overrun = taken < behind.length;
    return { ...common, first, body, overrun, success: EMPTY };
  }
}

function refuse(refusal: HttpRefusal, method = ""): Step {
  return { state: "refuse", answer: httpAnswer(refusal, method) };
}

/**
 * RFC 7617, section 2. Name and password are compared as one secret, as they
 * came, so that timing reveals nothing about either.
 */
function admits({ username, password }: Login, head: HttpHead): boolean {
  const values = valuesOf(head, "proxy-authorization");
  const basic = /^basic +([\w+/-]+={0,2})$/i.exec(values[0] ?? "");
  if (values.length !== 1 || !basic) return false;
  let given: Uint8Array;
  try {
    given = bytesOfLatin1(atob(basic[1]!));
  } catch {
    return false;
  }
  return equalSecret(given, joinBytes(username, COLON, password));
}
