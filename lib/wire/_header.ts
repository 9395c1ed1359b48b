import { TunnelError } from "../base/errors.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { VERSION } from "./messages.ts";
import { VersionError } from "./version_error.ts";

const MAJOR = VERSION >>> 4;

/**
 * Checks what all messages have in common: their size and their version.
 *
 * ```text
 *  0               1
 * +-------+-------+---------------+--
 * | major | minor | type          | fields
 * +-------+-------+---------------+--
 * ```
 *
 * @returns The type byte.
 * @throws {VersionError} If the major version is not ours.
 * @throws {TunnelError} `protocol` or `limit`
 */
export function checkHeader(bytes: Uint8Array): number {
  const length = bytes.length;
  if (length < 2) {
    throw new TunnelError(
      "protocol",
      `Cannot decode message: expected a header of 2 bytes but got ${length}`,
    );
  }
  if (length > MAX_MESSAGE_BYTES) {
    throw new TunnelError(
      "limit",
      `Cannot decode message: ${length} bytes are more than ` +
        `${MAX_MESSAGE_BYTES}`,
    );
  }
  const version = bytes[0]!;
  if (version >>> 4 !== MAJOR) {
    throw new VersionError(MAJOR, version >>> 4);
  }
  return bytes[1]!;
}
