import {
  BUNDLE_ENTRY_BYTES,
  BUNDLE_HEADER_BYTES,
  writeBundleEntry,
  writeBundleHeader,
} from "../../lib/wire/bundle.ts";

/** Packs messages into one bundle. */
export function bundleOf(
  messages: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let length = BUNDLE_HEADER_BYTES;
  for (const message of messages) length += BUNDLE_ENTRY_BYTES + message.length;
  const bytes = new Uint8Array(length);
  let offset = writeBundleHeader(bytes, 0);
  for (const message of messages) {
    offset = writeBundleEntry(bytes, offset, message.length);
    bytes.set(message, offset);
    offset += message.length;
  }
  return bytes;
}
