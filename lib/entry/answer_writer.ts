import type { Target } from "../base/address.ts";
import { MAX_UDP_HEADER_BYTES, writeUdpHeader } from "../inbound/udp_header.ts";
import { MAX_DATAGRAM_BYTES } from "../net/datagrams.ts";

/** A datagram for an app behind its header; used within one call. */
const OUT = new Uint8Array(MAX_UDP_HEADER_BYTES + MAX_DATAGRAM_BYTES);

/**
 * Puts headers in front of the datagrams for an app. Keeps the last one: mostly
 * the next datagram has the same sender.
 */
export class AnswerWriter {
  readonly #header = new Uint8Array(MAX_UDP_HEADER_BYTES);
  #end: number | undefined;
  #host = "";
  #port = 0;

  /**
   * The datagram as the app gets it: a view that is valid until the next call.
   *
   * @returns nothing if `source` does not fit into a header
   */
  write(source: Target, payload: Uint8Array): Uint8Array | undefined {
    const { host, port } = source;
    if (host !== this.#host || port !== this.#port) {
      this.#host = host;
      this.#port = port;
      this.#end = writeUdpHeader(this.#header, source);
    }
    const end = this.#end;
    if (end === undefined) return undefined;
    OUT.set(this.#header.subarray(0, end));
    OUT.set(payload, end);
    return OUT.subarray(0, end + payload.length);
  }
}
