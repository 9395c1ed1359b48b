import type { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { errorText, TunnelError } from "../base/errors.ts";
import { MAX_INFLATED_BYTES } from "./limits.ts";

/**
 * Inflates a gzip payload of a DATA message.
 *
 * It is synchronous, because the bytes of a channel must stay in order: with a
 * promise a compressed payload would be overtaken by the plain one behind it,
 * unless every DATA of every channel took the way through a queue. At the sizes
 * that peers compress it takes milliseconds at most.
 *
 * @param payload The payload as it was received.
 * @param limit The most bytes that it may become.
 * @returns The inflated bytes, in a buffer that is theirs.
 * @throws {TunnelError} `limit`, if it would become longer than `limit`;
 * `protocol`, if it is not gzip, is damaged or is incomplete.
 */
export function inflate(
  payload: Uint8Array,
  limit: number = MAX_INFLATED_BYTES,
): Uint8Array {
  const inflated = gunzip(payload, limit);
  const { buffer, byteOffset, byteLength } = inflated;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  // zlib works in blocks of 16 KiB. A queue that counts bytes would be wrong by
  // a factor of thousands if tiny payloads kept such a block each.
  return buffer.byteLength > 2 * byteLength ? bytes.slice() : bytes;
}

function gunzip(payload: Uint8Array, limit: number): Buffer {
  try {
    return gunzipSync(payload, { maxOutputLength: limit });
  } catch (cause) {
    if (isTooLarge(cause)) {
      throw new TunnelError(
        "limit",
        `Cannot inflate payload: it becomes longer than ${limit} bytes`,
        { cause },
      );
    }
    throw new TunnelError(
      "protocol",
      `Cannot inflate payload: ${errorText(cause)}`,
      { cause },
    );
  }
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof RangeError && "code" in cause &&
    cause.code === "ERR_BUFFER_TOO_LARGE";
}
