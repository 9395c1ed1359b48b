import { parseId } from "../../lib/wire/channel_id.ts";

/** The UUID of all samples. */
export const ID = parseId("00112233-4455-6677-8899-aabbccddeeff");

/** The bytes of {@linkcode ID}, in hex. */
export const ID_HEX = ID.toHex();

/** The bytes of a text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** The bytes of hex digits; blanks are for people. */
export function unhex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}
