import { MAX_TEXT_BYTES } from "./limits.ts";

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const ENCODER = new TextEncoder();

/**
 * The text of the bytes from `start` to `end`.
 *
 * What is not UTF-8 becomes U+FFFD: a peer's odd error text is no reason to lose
 * the session.
 */
export function decodeText(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  // Most texts of the udp messages are empty, and a decoder call is not free.
  return start === end ? "" : DECODER.decode(bytes.subarray(start, end));
}

/**
 * Encodes a text as UTF-8 and cuts it on a character boundary.
 *
 * @param text The text.
 * @param maxBytes The most bytes that it may become.
 * @returns Whole characters only, at most `maxBytes` bytes.
 */
export function encodeText(
  text: string,
  maxBytes: number = MAX_TEXT_BYTES,
): Uint8Array<ArrayBuffer> {
  // No UTF-16 unit becomes more than three bytes.
  const room = new Uint8Array(Math.min(text.length * 3, maxBytes));
  // encodeInto() stops by itself in front of a character that does not fit.
  return room.subarray(0, ENCODER.encodeInto(text, room).written);
}
