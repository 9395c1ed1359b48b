// The messages of channels: there are many of them, so they are decoded with
// plain offsets, one check per group of fields, and no object but the result
// and its views.

import { TunnelError } from "../base/errors.ts";
import { readUint16, readUint32 } from "./big_endian.ts";
import { MAX_FIRST_BYTES } from "./limits.ts";
import {
  type ChannelProtocol,
  type ConnectExtension,
  type ConnectMessage,
  type ConnectResponseMessage,
  type DatagramMessage,
  type DataMessage,
  type DisconnectMessage,
  PROTOCOL,
  type WindowMessage,
} from "./messages.ts";
import { decodeText } from "./text.ts";

/**
 * ```text
 *  0       1       2       3            19      20      20+n    22+n
 * +-------+-------+-------+----  ----+-------+-- --+-------+- - - - - -
 * | 0x01  | 0x03  | proto | id: 16   | n     | host| port  | extension
 * +-------+-------+-------+----  ----+-------+-- --+-------+- - - - - -
 *                                    '-------- tcp --------'-tcp and v1
 * ```
 */
export function decodeConnect(bytes: Uint8Array, v1: boolean): ConnectMessage {
  need(bytes, 19, "connect");
  const protocol = channelProtocol(bytes[2]!);
  // The id lives as long as the channel: a view would keep the message as long.
  const id = bytes.slice(3, 19);
  if (protocol !== "tcp") {
    return { type: "connect", protocol, id, host: "", port: 0 };
  }
  need(bytes, 20, "connect");
  const end = 20 + bytes[19]!;
  need(bytes, end + 2, "connect");
  const host = decodeText(bytes, 20, end);
  const port = readUint16(bytes, end);
  if (!v1 || bytes.length === end + 2) {
    return { type: "connect", protocol, id, host, port };
  }
  const extension = decodeConnectExtension(bytes, end + 2);
  return { type: "connect", protocol, id, host, port, extension };
}

/**
 * ```text
 *  +0      +1                      +5
 * +-------+-------+-------+-------+-------+--
 * | flags | window                        | first bytes, to the end
 * +-------+-------+-------+-------+-------+--
 * ```
 */
function decodeConnectExtension(
  bytes: Uint8Array,
  offset: number,
): ConnectExtension {
  need(bytes, offset + 5, "connect");
  const first = bytes.subarray(offset + 5);
  if (first.length > MAX_FIRST_BYTES) {
    throw new TunnelError(
      "limit",
      `Cannot decode connect: ${first.length} first bytes are more than ` +
        `${MAX_FIRST_BYTES}`,
    );
  }
  return {
    flags: bytes[offset]!,
    window: readUint32(bytes, offset + 1),
    first,
  };
}

/**
 * ```text
 *  0       1       2       3            19      20      24      24+m
 * +-------+-------+-------+----  ----+-------+-------+----  --+- - - - - -
 * | 0x01  | 0x04  | proto | id: 16   | gzip? | m: 4  | payload| addresses
 * +-------+-------+-------+----  ----+-------+-------+----  --+- - - - - -
 *                                                             '- udp only
 * ```
 */
export function decodeData(bytes: Uint8Array): DataMessage {
  need(bytes, 24, "data");
  const end = 24 + readUint32(bytes, 20);
  need(bytes, end, "data");
  const protocol = channelProtocol(bytes[2]!);
  const id = bytes.subarray(3, 19);
  const compression = bytes[19]!;
  const payload = bytes.subarray(24, end);
  return protocol === "udp"
    ? decodeDatagram(bytes, end, id, compression, payload)
    : { type: "data", protocol, id, compression, payload };
}

/**
 * ```text
 *  +0      +1          +1+a    +3+a    +4+a        +4+a+t
 * +-------+----   ----+-------+-------+----   ----+-------+
 * | a     | address   | port  | t     | target    | port  |
 * +-------+----   ----+-------+-------+----   ----+-------+
 * ```
 */
function decodeDatagram(
  bytes: Uint8Array,
  offset: number,
  id: Uint8Array,
  compression: number,
  payload: Uint8Array,
): DatagramMessage {
  need(bytes, offset + 1, "data");
  const addressEnd = offset + 1 + bytes[offset]!;
  need(bytes, addressEnd + 3, "data");
  const targetStart = addressEnd + 3;
  const targetEnd = targetStart + bytes[addressEnd + 2]!;
  need(bytes, targetEnd + 2, "data");
  return {
    type: "data",
    protocol: "udp",
    id,
    compression,
    payload,
    address: decodeText(bytes, offset + 1, addressEnd),
    port: readUint16(bytes, addressEnd),
    targetAddress: decodeText(bytes, targetStart, targetEnd),
    targetPort: readUint16(bytes, targetEnd),
  };
}

/**
 * ```text
 *  0       1       2       3            19
 * +-------+-------+-------+----  ----+-------+--  --+
 * | 0x01  | 0x05  | 0     | id: 16   | n     | error|      failed
 * +-------+-------+-------+----  ----+-------+--  --+
 * | 0x01  | 0x05  | 1     | id: 16   | flags | window: 4   ok, v1
 * +-------+-------+-------+----  ----+-------+----------
 * ```
 */
export function decodeConnectResponse(
  bytes: Uint8Array,
  v1: boolean,
): ConnectResponseMessage {
  need(bytes, 19, "connectResponse");
  const id = bytes.subarray(3, 19);
  if (bytes[2] === 0) {
    const error = decodeShortText(bytes, 19, "connectResponse");
    return { type: "connectResponse", ok: false, id, error };
  }
  if (!v1 || bytes.length === 19) {
    return { type: "connectResponse", ok: true, id };
  }
  need(bytes, 24, "connectResponse");
  const extension = { flags: bytes[19]!, window: readUint32(bytes, 20) };
  return { type: "connectResponse", ok: true, id, extension };
}

/**
 * ```text
 *  0       1       2            18
 * +-------+-------+----  ----+- - - -+- -  - -+
 * | 0x01  | 0x06  | id: 16   | n     | reason |
 * +-------+-------+----  ----+- - - -+- -  - -+
 * ```
 */
export function decodeDisconnect(bytes: Uint8Array): DisconnectMessage {
  need(bytes, 18, "disconnect");
  const id = bytes.subarray(2, 18);
  if (bytes.length === 18) return { type: "disconnect", id };
  const reason = decodeShortText(bytes, 18, "disconnect");
  return reason === ""
    ? { type: "disconnect", id }
    : { type: "disconnect", id, reason };
}

/**
 * ```text
 *  0       1       2            18
 * +-------+-------+----  ----+-------+-------+-------+-------+
 * | 0x01  | 0x20  | id: 16   | credit                        |
 * +-------+-------+----  ----+-------+-------+-------+-------+
 * ```
 */
export function decodeWindow(bytes: Uint8Array): WindowMessage {
  need(bytes, 22, "window");
  const id = bytes.subarray(2, 18);
  return { type: "window", id, credit: readUint32(bytes, 18) };
}

function channelProtocol(code: number): ChannelProtocol {
  if (code === PROTOCOL.tcp) return "tcp";
  return code === PROTOCOL.udp ? "udp" : "unknown";
}

function decodeShortText(
  bytes: Uint8Array,
  offset: number,
  type: string,
): string {
  need(bytes, offset + 1, type);
  const end = offset + 1 + bytes[offset]!;
  need(bytes, end, type);
  return decodeText(bytes, offset + 1, end);
}

/** Checks that a message has at least `length` bytes. */
function need(bytes: Uint8Array, length: number, type: string): void {
  if (bytes.length < length) {
    throw new TunnelError(
      "protocol",
      `Cannot decode ${type}: expected ${length} bytes but got ${bytes.length}`,
    );
  }
}
