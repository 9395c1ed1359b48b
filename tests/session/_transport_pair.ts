import { setImmediate } from "node:timers";
import { TunnelError } from "../../lib/base/errors.ts";
import type {
  Transport,
  TransportHandler,
} from "../../lib/session/transport.ts";

/** Resolve when what is under way now has arrived. */
const UNDER_WAY = new Set<Promise<void>>();

/** Runs `task` in a later turn; tasks keep their order. */
function later(task: () => void): void {
  const { promise, resolve } = Promise.withResolvers<void>();
  UNDER_WAY.add(promise);
  setImmediate(() => {
    UNDER_WAY.delete(promise);
    resolve();
    task();
  });
}

/** One end of a pair in memory; what is sent arrives in a later turn. */
export class MemoryTransport implements Transport {
  readonly protocol: string = "";
  bufferedBytes = 0;
  /** How it was closed by its user. */
  closedWith: { code: number; reason: string } | undefined;
  /** Messages that were sent, if somebody listens. */
  onSend: ((message: Uint8Array) => void) | undefined;
  /** Messages that arrive, if somebody listens. */
  onReceive: ((message: Uint8Array) => void) | undefined;
  #handler: TransportHandler | undefined;
  #peer: MemoryTransport | undefined;
  #over = false;

  /** Joins two ends. */
  static pair(): [MemoryTransport, MemoryTransport] {
    const ends = [new MemoryTransport(), new MemoryTransport()] as const;
    ends[0].#peer = ends[1];
    ends[1].#peer = ends[0];
    return [...ends];
  }

  /** Resolves when nothing is under way any more. */
  static async settled(): Promise<void> {
    while (UNDER_WAY.size > 0) await Promise.all(UNDER_WAY);
  }

  get handler(): TransportHandler | undefined {
    return this.#handler;
  }

  set handler(handler: TransportHandler | undefined) {
    this.#handler = handler;
  }

  send(message: Uint8Array): void {
    if (this.#over) return;
    const copy = message.slice();
    this.onSend?.(copy);
    this.bufferedBytes += copy.length;
    later(() => {
      this.bufferedBytes -= copy.length;
      this.#peer!.onReceive?.(copy);
      this.#peer!.#handler?.message(copy);
      // Bytes are valid during the call: whoever keeps them reads this.
      copy.fill(0xee);
    });
  }

  close(code = 1000, reason = ""): void {
    if (this.#over) return;
    this.closedWith = { code, reason };
    this.#over = true;
    later(() => this.#peer!.lose(reason));
  }

  /** As if the network had gone. */
  lose(reason = "lost"): void {
    if (this.#over) return;
    this.#over = true;
    this.#handler?.closed(new TunnelError("closed", reason));
  }
}
