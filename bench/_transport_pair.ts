import { setImmediate } from "node:timers";
import { TunnelError } from "../lib/base/errors.ts";
import type { Transport, TransportHandler } from "../lib/session/transport.ts";

/**
 * One end of a pair in memory. What is sent in one turn arrives in the next, all
 * of it together, as it does from a socket.
 */
export class PairedTransport implements Transport {
  readonly protocol = "";
  handler: TransportHandler | undefined;
  bufferedBytes = 0;
  #peer: PairedTransport | undefined;
  #under: Uint8Array[] = [];
  #over = false;

  /** Joins two ends. */
  static pair(): [PairedTransport, PairedTransport] {
    const near = new PairedTransport();
    const far = new PairedTransport();
    near.#peer = far;
    far.#peer = near;
    return [near, far];
  }

  send(message: Uint8Array): void {
    if (this.#over) return;
    if (this.#under.length === 0) setImmediate(this.#deliver);
    // The sender uses its buffer again.
    this.#under.push(message.slice());
    this.bufferedBytes += message.length;
  }

  close(_code?: number, reason = ""): void {
    if (this.#over) return;
    this.#over = true;
    const peer = this.#peer!;
    setImmediate(() => {
      if (peer.#over) return;
      peer.#over = true;
      peer.handler?.closed(new TunnelError("closed", reason));
    });
  }

  readonly #deliver = (): void => {
    const messages = this.#under;
    this.#under = [];
    this.bufferedBytes = 0;
    for (const message of messages) this.#peer!.handler?.message(message);
  };
}
