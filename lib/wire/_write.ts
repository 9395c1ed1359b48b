// Writers for a buffer that the sender has already, such as one in which bytes
// were received behind room for a header. They allocate nothing.

import type { Target } from "../base/address.ts";
import { writeUint16, writeUint32 } from "./big_endian.ts";
import { ID_BYTES } from "./channel_id.ts";
import { MAX_CREDIT_BYTES, MAX_FIRST_BYTES, MAX_TEXT_BYTES } from "./limits.ts";
import {
  COMPRESSION,
  type ConnectExtension,
  type ConnectResponseExtension,
  PROTOCOL,
  TYPE,
  VERSION,
} from "./messages.ts";
import { encodeText } from "./text.ts";

/** The length of a tcp DATA in front of its payload. */
export const DATA_HEADER_BYTES = 24;

/** The length of a WINDOW. */
export const WINDOW_BYTES = 22;

/** The highest port. */
export const MAX_PORT = 0xffff;

const CONNECT_BASE_BYTES = 22;
const CONNECT_EXTENSION_BYTES = 5;
const CONNECT_RESPONSE_BASE_BYTES = 19;
const CONNECT_RESPONSE_EXTENSION_BYTES = 5;

/**
 * Writes the header of an uncompressed tcp DATA; the payload belongs right
 * behind it.
 *
 * @returns The offset behind the header.
 * @throws {RangeError} If `into` has no room for it.
 */
export function writeDataHeader(
  into: Uint8Array,
  offset: number,
  id: Uint8Array,
  payloadLength: number,
): number {
  checkRoom(into, offset, DATA_HEADER_BYTES);
  into[offset] = VERSION;
  into[offset + 1] = TYPE.data;
  into[offset + 2] = PROTOCOL.tcp;
  const end = writeId(into, offset + 3, id);
  into[end] = COMPRESSION.none;
  return writeUint32(into, end + 1, payloadLength);
}

/** The most bytes of a udp DATA beside its payload. */
export const DATAGRAM_OVERHEAD_BYTES: number = DATA_HEADER_BYTES +
  2 * (1 + MAX_TEXT_BYTES + 2);

/**
 * Writes an uncompressed udp DATA. A host of more than 255 bytes is cut.
 *
 * @param into The buffer, with room for `DATAGRAM_OVERHEAD_BYTES` more than the
 * payload has.
 * @param offset Where to start in it.
 * @param id The channel.
 * @param payload The datagram.
 * @param source Whom it is from; without a host and port toward the exit.
 * @param target Whom it is for; without a host and port toward the entry.
 * @returns The offset behind the message.
 * @throws {RangeError} If `into` has no room for it, or a port exceeds its limit.
 */
export function writeDatagram(
  into: Uint8Array,
  offset: number,
  id: Uint8Array,
  payload: Uint8Array,
  source: Target,
  target: Target,
): number {
  checkRoom(into, offset, payload.length + DATAGRAM_OVERHEAD_BYTES);
  const start = writeDataHeader(into, offset, id, payload.length);
  into[offset + 2] = PROTOCOL.udp;
  into.set(payload, start);
  const end = writeAddress(into, start + payload.length, source);
  return writeAddress(into, end, target);
}

function writeAddress(
  into: Uint8Array,
  offset: number,
  { host, port }: Target,
): number {
  checkRange("port", port, MAX_PORT);
  const start = offset + 1;
  let length = host.length;
  // An IP address, which nearly all are, takes no encoder.
  for (let i = 0; i < host.length; i++) {
    const unit = host.charCodeAt(i);
    if (unit > 0x7f || length > MAX_TEXT_BYTES) {
      const bytes = encodeText(host);
      into.set(bytes, start);
      length = bytes.length;
      break;
    }
    into[start + i] = unit;
  }
  into[offset] = length;
  return writeUint16(into, start + length, port);
}

/**
 * Writes a WINDOW.
 *
 * @returns The offset behind it.
 * @throws {RangeError} If `into` has no room for it, or the credit is too large.
 */
export function writeWindow(
  into: Uint8Array,
  offset: number,
  id: Uint8Array,
  credit: number,
): number {
  checkRoom(into, offset, WINDOW_BYTES);
  into[offset] = VERSION;
  into[offset + 1] = TYPE.window;
  return writeCredit(into, writeId(into, offset + 2, id), credit);
}

/** How many bytes {@linkcode writeConnect} writes. */
export function connectLength(
  hostLength: number,
  extension?: ConnectExtension,
): number {
  const base = CONNECT_BASE_BYTES + hostLength;
  return extension === undefined
    ? base
    : base + CONNECT_EXTENSION_BYTES + extension.first.length;
}

/**
 * Writes a tcp CONNECT.
 *
 * @param into The buffer.
 * @param offset Where to start in it.
 * @param id The channel.
 * @param hostBytes The target's host in UTF-8.
 * @param port The target's port.
 * @param extension What a `synsocks.v1` session has behind the port.
 * @returns The offset behind the message.
 * @throws {RangeError} If `into` has no room for it, or the host, the port, the
 * window or the first bytes exceed a limit.
 */
export function writeConnect(
  into: Uint8Array,
  offset: number,
  id: Uint8Array,
  hostBytes: Uint8Array,
  port: number,
  extension?: ConnectExtension,
): number {
  checkRange("host", hostBytes.length, MAX_TEXT_BYTES);
  checkRange("port", port, MAX_PORT);
  checkRange("first bytes", extension?.first.length ?? 0, MAX_FIRST_BYTES);
  checkRoom(into, offset, connectLength(hostBytes.length, extension));
  into[offset] = VERSION;
  into[offset + 1] = TYPE.connect;
  into[offset + 2] = PROTOCOL.tcp;
  const hostStart = writeId(into, offset + 3, id) + 1;
  into[hostStart - 1] = hostBytes.length;
  into.set(hostBytes, hostStart);
  const end = writeUint16(into, hostStart + hostBytes.length, port);
  if (extension === undefined) return end;
  into[end] = extension.flags;
  const firstStart = writeCredit(into, end + 1, extension.window);
  into.set(extension.first, firstStart);
  return firstStart + extension.first.length;
}

/** How many bytes {@linkcode writeConnectResponse} writes. */
export function connectResponseLength(
  extension?: ConnectResponseExtension,
): number {
  return extension === undefined
    ? CONNECT_RESPONSE_BASE_BYTES
    : CONNECT_RESPONSE_BASE_BYTES + CONNECT_RESPONSE_EXTENSION_BYTES;
}

/**
 * Writes a CONNECT_RESPONSE that says success.
 *
 * @returns The offset behind it.
 * @throws {RangeError} If `into` has no room for it, or the window is too large.
 */
export function writeConnectResponse(
  into: Uint8Array,
  offset: number,
  id: Uint8Array,
  extension?: ConnectResponseExtension,
): number {
  checkRoom(into, offset, connectResponseLength(extension));
  into[offset] = VERSION;
  into[offset + 1] = TYPE.connectResponse;
  into[offset + 2] = 1;
  const end = writeId(into, offset + 3, id);
  if (extension === undefined) return end;
  into[end] = extension.flags;
  return writeCredit(into, end + 1, extension.window);
}

function writeId(into: Uint8Array, offset: number, id: Uint8Array): number {
  checkId(id);
  // A loop is faster than set() for so few bytes.
  for (let i = 0; i < ID_BYTES; i++) into[offset + i] = id[i]!;
  return offset + ID_BYTES;
}

/**
 * Checks that an id has 16 bytes.
 *
 * @throws {RangeError} If it has not.
 */
export function checkId(id: Uint8Array): void {
  if (id.length !== ID_BYTES) {
    throw new RangeError(
      `Cannot write message: id must have ${ID_BYTES} bytes: current value is ` +
        `${id.length}`,
    );
  }
}

function writeCredit(
  into: Uint8Array,
  offset: number,
  credit: number,
): number {
  checkRange("window", credit, MAX_CREDIT_BYTES);
  return writeUint32(into, offset, credit);
}

/** A typed array ignores what is written behind its end, so this must not. */
function checkRoom(into: Uint8Array, offset: number, length: number): void {
  const room = into.length - offset;
  if (room < length) {
    throw new RangeError(
      `Cannot write message: buffer must have ${length} bytes: current value ` +
        `is ${room}`,
    );
  }
}

/**
 * Checks that a number fits in its field.
 *
 * @throws {RangeError} If it does not.
 */
export function checkRange(field: string, value: number, max: number): void {
  if (!(value >= 0 && value <= max)) {
    throw new RangeError(
      `Cannot write message: ${field} must be from 0 to ${max}: current value ` +
        `is ${value}`,
    );
  }
}
