import { TunnelError } from "../base/errors.ts";
import { readUint16, readUint32 } from "./big_endian.ts";

/** The length of a channel id, and of every other UUID on the wire. */
export const ID_BYTES = 16;

// One call for random bytes costs as much for 4 KiB as for 16 bytes.
const BATCH_BYTES = 256 * ID_BYTES;

const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Random bytes for ids, drawn in batches. */
class RandomBatch {
  #bytes = new Uint8Array(0);
  #offset = 0;

  /** The next 16 bytes, as a copy of their own. */
  take(): Uint8Array<ArrayBuffer> {
    if (this.#offset === this.#bytes.length) {
      this.#bytes = crypto.getRandomValues(new Uint8Array(BATCH_BYTES));
      this.#offset = 0;
    }
    const start = this.#offset;
    this.#offset += ID_BYTES;
    return this.#bytes.slice(start, this.#offset);
  }
}

const RANDOM_BATCH = new RandomBatch();

/** Makes a random channel id: a UUID of version 4, 16 bytes of its own. */
export function newChannelId(): Uint8Array<ArrayBuffer> {
  const id = RANDOM_BATCH.take();
  id[6] = (id[6]! & 0x0f) | 0x40; // version 4, RFC 9562 section 5.4
  id[8] = (id[8]! & 0x3f) | 0x80; // variant 10, RFC 9562 section 4.1
  return id;
}

/**
 * A key for a `Map` of channels: the first six bytes of the id, the part of a
 * version 4 UUID in front of its version, as a number below 2^48.
 *
 * The peer chooses ids, and so may choose two with one key: whoever finds a
 * channel by its key compares the rest with {@linkcode sameId}.
 *
 * @param bytes The id, or a message that contains it.
 * @param offset Where the id starts in `bytes`.
 */
export function channelKey(bytes: Uint8Array, offset: number = 0): number {
  return readUint32(bytes, offset) * 0x10000 + readUint16(bytes, offset + 4);
}

/**
 * Whether `a` has, at `aOffset`, the 16 bytes of the id `b`.
 *
 * Ids are not secrets: the comparison may end at the first difference.
 */
export function sameId(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
): boolean {
  for (let i = 0; i < ID_BYTES; i++) {
    if (a[aOffset + i] !== b[i]) return false;
  }
  return true;
}

/** The id as UUID text, in lowercase. */
export function formatId(id: Uint8Array): string {
  const hex = id.toHex();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-` +
    `${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Reads UUID text of any version, in either case.
 *
 * @throws {TunnelError} `protocol`, if it is not a UUID.
 */
export function parseId(text: string): Uint8Array<ArrayBuffer> {
  if (!UUID_TEXT.test(text)) {
    throw new TunnelError("protocol", "Cannot parse id: it is not a UUID");
  }
  return Uint8Array.fromHex(text.replaceAll("-", ""));
}
