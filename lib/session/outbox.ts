import {
  BUNDLE_ENTRY_BYTES,
  BUNDLE_HEADER_BYTES,
  writeBundleEntry,
  writeBundleHeader,
} from "../wire/bundle.ts";
import { MAX_BUNDLE_BYTES } from "../wire/limits.ts";

/** Free buffers for the next outbox that needs one. */
const SPARE: Uint8Array[] = [];
const MAX_SPARE = 4;
const FIRST_ENTRY = BUNDLE_HEADER_BYTES + BUNDLE_ENTRY_BYTES;

/**
 * Collects the messages of one turn and sends them as one bundle; on a session
 * without bundles sends each at once.
 *
 * The sender writes into the outbox's own buffer, so bytes are received from a
 * socket right where they are sent from: `begin`, write, `commit`. An idle outbox
 * has no buffer.
 */
export class Outbox {
  readonly #bundles: boolean;
  readonly #send: (message: Uint8Array) => void;
  #buffer: Uint8Array | undefined;
  /** Behind the last committed message. */
  #end = 0;
  #count = 0;

  /** `send` must copy what it gets. */
  constructor(bundles: boolean, send: (message: Uint8Array) => void) {
    this.#bundles = bundles;
    this.#send = send;
  }

  /** Bytes that wait for `flush`. */
  get waitingBytes(): number {
    return this.#end;
  }

  /** The bytes that still fit into this bundle. */
  get roomBytes(): number {
    if (this.#count === 0) return MAX_BUNDLE_BYTES - FIRST_ENTRY;
    return MAX_BUNDLE_BYTES - this.#end - BUNDLE_ENTRY_BYTES;
  }

  /** Where messages are written; valid until the next `commit` or `flush`. */
  get buffer(): Uint8Array {
    return this.#buffer!;
  }

  /**
   * Makes room for a message of at most `maxBytes`.
   *
   * @returns the offset in `buffer` where it starts
   */
  begin(maxBytes: number): number {
    if (maxBytes > this.roomBytes) this.flush();
    if (maxBytes > this.roomBytes) {
      throw new RangeError(`Cannot send a message of ${maxBytes} bytes`);
    }
    this.#buffer ??= SPARE.pop() ?? new Uint8Array(MAX_BUNDLE_BYTES);
    return this.#count === 0 ? FIRST_ENTRY : this.#end + BUNDLE_ENTRY_BYTES;
  }

  /** The message that begins at `start` ends at `end`. */
  commit(start: number, end: number): void {
    writeBundleEntry(this.#buffer!, start - BUNDLE_ENTRY_BYTES, end - start);
    this.#end = end;
    this.#count++;
    if (!this.#bundles) this.flush();
  }

  /** Sends a message that was encoded elsewhere. */
  add(message: Uint8Array): void {
    if (message.length > MAX_BUNDLE_BYTES - FIRST_ENTRY) {
      this.flush();
      this.#send(message);
      return;
    }
    const start = this.begin(message.length);
    this.buffer.set(message, start);
    this.commit(start, start + message.length);
  }

  /** Sends what was collected. */
  flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined || this.#count === 0) return;
    const single = this.#count === 1;
    const end = this.#end;
    this.#buffer = undefined;
    this.#end = 0;
    this.#count = 0;
    if (!single) writeBundleHeader(buffer, 0);
    this.#send(buffer.subarray(single ? FIRST_ENTRY : 0, end));
    if (SPARE.length < MAX_SPARE) SPARE.push(buffer);
  }

  /** Throws away what was collected. */
  clear(): void {
    this.#buffer = undefined;
    this.#end = 0;
    this.#count = 0;
  }
}
