import {
  type Admission,
  type InboundProtocol,
  MORE,
  type Step,
} from "./protocol.ts";
import { parseSocks4, SOCKS4_CONNECT, socks4Reply } from "./socks4.ts";

const GRANTED = socks4Reply(true);
const REJECTED = socks4Reply(false);

/** SOCKS4 and SOCKS4a: one request, one answer. */
export class Socks4Handshake implements InboundProtocol {
  readonly #admission: Admission;

  /** Waits for the request. */
  constructor(admission: Admission) {
    this.#admission = admission;
  }

  step(bytes: Uint8Array): Step {
    const parsed = parseSocks4(bytes);
    if (parsed.state === "more") return MORE;
    // There is no password in this protocol: who asks for one cannot let it in.
    if (
      parsed.state === "bad" || this.#admission.login ||
      parsed.value.command !== SOCKS4_CONNECT
    ) return { state: "refuse", answer: REJECTED };
    return {
      state: "tcp",
      target: parsed.value.target,
      first: bytes.subarray(parsed.end),
      success: GRANTED,
      failure: () => REJECTED,
    };
  }
}
