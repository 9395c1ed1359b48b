import { TunnelError } from "../base/errors.ts";
import { readUint32 } from "./big_endian.ts";
import { ID_BYTES } from "./channel_id.ts";
import { decodeText } from "./text.ts";

/**
 * Reads the fields of one message in order and checks that they are there.
 *
 * For the messages that are rare; those of which there are many per second do
 * the same with plain offsets.
 *
 * Every method throws a `TunnelError` with the code `protocol` if the message
 * ends before the field does.
 */
export class Reader {
  #bytes: Uint8Array;
  #offset: number;

  /** Reads `bytes` from `offset` on. */
  constructor(bytes: Uint8Array, offset: number = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** A number of one byte. */
  uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  /** A number of four bytes. */
  uint32(): number {
    return readUint32(this.#bytes, this.#take(4));
  }

  /** A byte of which zero is false and anything else is true. */
  boolean(): boolean {
    return this.uint8() !== 0;
  }

  /** A view of the next `length` bytes. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** A view of the next 16 bytes. */
  id(): Uint8Array {
    return this.bytes(ID_BYTES);
  }

  /** A text behind its length of one byte. */
  text(): string {
    const length = this.uint8();
    const start = this.#take(length);
    return decodeText(this.#bytes, start, start + length);
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) {
      throw new TunnelError(
        "protocol",
        `Cannot decode message: expected ${length} bytes at offset ${start} ` +
          `but got ${this.#bytes.length - start}`,
      );
    }
    this.#offset = start + length;
    return start;
  }
}
