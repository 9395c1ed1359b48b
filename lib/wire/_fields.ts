// The fields of messages that are not worth a writer of their own.

import { joinBytes } from "../base/join_bytes.ts";
import { checkId, checkRange, MAX_PORT } from "./_write.ts";
import { writeUint16, writeUint32 } from "./big_endian.ts";
import { MAX_JSON_BYTES } from "./limits.ts";
import { type ChannelProtocol, PROTOCOL, VERSION } from "./messages.ts";
import { decodeText, encodeText } from "./text.ts";

const HEARTBEAT_BYTES = 8;

/** No field at all. */
export const NOTHING: Uint8Array = new Uint8Array(0);

/** The header and the fields of a message. */
export function join(
  type: number,
  ...fields: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  return joinBytes(Uint8Array.of(VERSION, type), ...fields);
}

/** A number of one byte. */
export function byte(value: number): Uint8Array {
  return Uint8Array.of(value);
}

/** A byte that is 1 or 0. */
export function boolean(value: boolean): Uint8Array {
  return byte(value ? 1 : 0);
}

/** A port, of two bytes. */
export function port(value: number): Uint8Array {
  checkRange("port", value, MAX_PORT);
  const bytes = new Uint8Array(2);
  writeUint16(bytes, 0, value);
  return bytes;
}

/** A number of four bytes. */
export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeUint32(bytes, 0, value);
  return bytes;
}

/** A text behind its length of one byte. */
export function shortText(text: string): Uint8Array {
  const bytes = encodeText(text);
  const field = new Uint8Array(1 + bytes.length);
  field[0] = bytes.length;
  field.set(bytes, 1);
  return field;
}

/** The text, cut on a character boundary. */
export function cutText(text: string, maxBytes: number): string {
  const bytes = encodeText(text, maxBytes);
  return decodeText(bytes, 0, bytes.length);
}

/** The code of a protocol that has one. */
export function protocolCode(protocol: ChannelProtocol): number {
  if (protocol === "unknown") {
    throw new TypeError("Cannot encode message: its protocol is unknown");
  }
  return PROTOCOL[protocol];
}

/** The id, if it has 16 bytes. */
export function checkedId(id: Uint8Array): Uint8Array {
  checkId(id);
  return id;
}

/** The payload of a ping, if it has 8 bytes. */
export function checkedHeartbeat(payload: Uint8Array): Uint8Array {
  if (payload.length !== HEARTBEAT_BYTES) {
    throw new RangeError(
      `Cannot encode message: payload must have ${HEARTBEAT_BYTES} bytes: ` +
        `current value is ${payload.length}`,
    );
  }
  return payload;
}

/** The JSON, if it is within its limit. */
export function checkedJson(json: Uint8Array): Uint8Array {
  if (json.length > MAX_JSON_BYTES) {
    throw new RangeError(
      `Cannot encode message: JSON must be <= ${MAX_JSON_BYTES} bytes: ` +
        `current value is ${json.length}`,
    );
  }
  return json;
}
