import { TunnelError } from "../base/errors.ts";

/** What a heartbeat needs. */
export interface HeartbeatOptions {
  /** Time between two pings, in milliseconds. */
  intervalMs: number;
  /** Sends a ping with these 8 bytes. */
  ping: (payload: Uint8Array) => void;
  /** Called after three silent intervals. */
  dead: (error: TunnelError) => void;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/**
 * A peer that is silent for this many intervals is dead; noticed within one
 * more.
 */
const MISSED = 3;
/**
 * Round trips kept, some minutes of them. The smallest counts, so that waiting
 * behind bulk does not look like a longer path.
 */
const KEPT = 64;

/**
 * Pings the peer regularly and measures the round trip. Any message is a sign
 * of life, so an answer behind bulk is not missed.
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #now: () => number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #payload = new Uint8Array(8);
  readonly #view = new DataView(this.#payload.buffer);
  readonly #roundTrips: number[] = [];
  #smallest: number | undefined;
  #heardAt: number;

  /** Pings at once and then regularly, until `stop`. */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#heardAt = this.#now();
    this.#timer = setInterval(() => this.#tick(), options.intervalMs);
    queueMicrotask(() => this.#ping());
  }

  /** The smallest recent round trip in milliseconds; `undefined` at first. */
  get roundTripMs(): number | undefined {
    return this.#smallest;
  }

  /** Records a sign of life. */
  heard(): void {
    this.#heardAt = this.#now();
  }

  /** Takes a pong; ignores unsolicited ones. */
  answered(payload: Uint8Array): void {
    const sentAt = new DataView(payload.buffer, payload.byteOffset)
      .getFloat64(0);
    const roundTrip = this.#now() - sentAt;
    if (!(roundTrip >= 0 && roundTrip < this.#options.intervalMs * MISSED)) {
      return;
    }
    this.#roundTrips.push(roundTrip);
    if (this.#roundTrips.length > KEPT) this.#roundTrips.shift();
    this.#smallest = Math.min(...this.#roundTrips);
  }

  /** Stops for good. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const silentMs = this.#now() - this.#heardAt;
    if (silentMs >= this.#options.intervalMs * MISSED) {
      this.stop();
      const text = `the peer was silent for ${Math.round(silentMs / 1000)} s`;
      this.#options.dead(new TunnelError("timeout", text));
      return;
    }
    this.#ping();
  }

  #ping(): void {
    this.#view.setFloat64(0, this.#now());
    this.#options.ping(this.#payload);
  }
}
