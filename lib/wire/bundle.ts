import { TunnelError } from "../base/errors.ts";
import { checkHeader } from "./_header.ts";
import { readUint32, writeUint32 } from "./big_endian.ts";
import { TYPE, VERSION } from "./messages.ts";

/** The length of a bundle's own header. */
export const BUNDLE_HEADER_BYTES = 2;

/** What a bundle adds to each of its messages: the length in front of it. */
export const BUNDLE_ENTRY_BYTES = 4;

/**
 * Calls `visit` with each message of a bundle, or once with `bytes` itself if
 * that is no bundle.
 *
 * ```text
 *  0       1       2               6               6+l
 * +-------+-------+---------------+----   ----+---------------+--
 * | 0x01  | 0x23  | l: 4          | message   | length: 4     | …
 * +-------+-------+---------------+----   ----+---------------+--
 * ```
 *
 * Messages in front of a malformed entry have been visited when it is found,
 * just as if each had come alone.
 *
 * @param bytes What came as one WebSocket message.
 * @param v1 Whether the session has the extension; without it there are no
 * bundles.
 * @param visit Gets a view of each message, in order.
 * @throws {TunnelError} `protocol`, if the bundle is malformed or contains a
 * bundle; `limit`, if it is too long.
 */
export function forEachMessage(
  bytes: Uint8Array,
  v1: boolean,
  visit: (message: Uint8Array) => void,
): void {
  if (!v1 || bytes[1] !== TYPE.bundle) {
    visit(bytes);
    return;
  }
  checkHeader(bytes);
  let offset = BUNDLE_HEADER_BYTES;
  while (offset < bytes.length) {
    const end = endOfEntry(bytes, offset);
    visit(bytes.subarray(offset + BUNDLE_ENTRY_BYTES, end));
    offset = end;
  }
}

/** Checks one entry and returns the offset behind it. */
function endOfEntry(bytes: Uint8Array, offset: number): number {
  const start = offset + BUNDLE_ENTRY_BYTES;
  if (start > bytes.length) throw malformed(offset, "its length is cut");
  const length = readUint32(bytes, offset);
  if (length < 2) throw malformed(offset, "it is shorter than a header");
  if (length > bytes.length - start) throw malformed(offset, "it is cut");
  if (bytes[start + 1] === TYPE.bundle) {
    throw malformed(offset, "it is a bundle");
  }
  return start + length;
}

function malformed(offset: number, reason: string): TunnelError {
  return new TunnelError(
    "protocol",
    `Cannot decode bundle: message at offset ${offset}: ${reason}`,
  );
}

/** Writes the two bytes that start a bundle; returns the offset behind them. */
export function writeBundleHeader(into: Uint8Array, offset: number): number {
  into[offset] = VERSION;
  into[offset + 1] = TYPE.bundle;
  return offset + BUNDLE_HEADER_BYTES;
}

/** Writes the length of the message that follows; returns the offset of it. */
export function writeBundleEntry(
  into: Uint8Array,
  offset: number,
  length: number,
): number {
  return writeUint32(into, offset, length);
}
