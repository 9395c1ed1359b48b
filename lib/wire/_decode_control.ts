// The messages of which a session sees few: handshake, tokens, news, heartbeat.

import { errorText, TunnelError } from "../base/errors.ts";
import { ID_BYTES } from "./channel_id.ts";
import { MAX_JSON_BYTES } from "./limits.ts";
import {
  type AuthMessage,
  type AuthResponseMessage,
  type ConnectorMessage,
  type ConnectorResponseMessage,
  type DirectKind,
  type DirectMessage,
  type LogMessage,
  type LogMessageLevel,
  OPERATION,
  type PartnersMessage,
  type PingMessage,
  type PongMessage,
} from "./messages.ts";
import { Reader } from "./reader.ts";
import { decodeText } from "./text.ts";

/** Version and type. */
const HEADER_BYTES = 2;

const HEARTBEAT_BYTES = 8;

const LOG_LEVELS: readonly LogMessageLevel[] = [
  "trace",
  "debug",
  "info",
  "warn",
  "error",
];

/** `01 01`, n, token: n, reverse: 1, instance: 16. */
export function decodeAuth(bytes: Uint8Array): AuthMessage {
  const reader = new Reader(bytes, HEADER_BYTES);
  const token = reader.text();
  const reverse = reader.boolean();
  // A copy: it is kept for as long as the session lives.
  const instance = reader.bytes(ID_BYTES).slice();
  return { type: "auth", token, reverse, instance };
}

/** `01 02`, success: 1, then n and error: n, or n and token: n, or nothing. */
export function decodeAuthResponse(bytes: Uint8Array): AuthResponseMessage {
  const reader = new Reader(bytes, HEADER_BYTES);
  const ok = reader.boolean();
  if (ok) {
    const token = decodeGivenToken(bytes);
    return token === ""
      ? { type: "authResponse", ok }
      : { type: "authResponse", ok, token };
  }
  if (reader.remaining === 0) return { type: "authResponse", ok };
  return { type: "authResponse", ok, error: reader.text() };
}

/**
 * The token that some servers append to a success, or nothing.
 *
 * Most servers have no such field, so bytes that do not look like it are no
 * error: they trail, and are ignored like everything that trails.
 */
function decodeGivenToken(bytes: Uint8Array): string {
  const length = bytes[3] ?? 0;
  return length > bytes.length - 4 ? "" : decodeText(bytes, 4, 4 + length);
}

/** `01 07`, request id: 16, n, token: n, operation: 1. */
export function decodeConnector(bytes: Uint8Array): ConnectorMessage {
  const reader = new Reader(bytes, HEADER_BYTES);
  const requestId = reader.id();
  const token = reader.text();
  const operation = decodeOperation(reader.uint8());
  return { type: "connector", requestId, token, operation };
}

function decodeOperation(code: number): "add" | "remove" {
  if (code === OPERATION.add) return "add";
  if (code === OPERATION.remove) return "remove";
  throw new TunnelError(
    "protocol",
    `Cannot decode connector: expected operation 1 or 2 but got ${code}`,
  );
}

/** `01 08`, request id: 16, success: 1, then n and error or token: n. */
export function decodeConnectorResponse(
  bytes: Uint8Array,
): ConnectorResponseMessage {
  const reader = new Reader(bytes, HEADER_BYTES);
  const requestId = reader.id();
  const ok = reader.boolean();
  if (!ok) {
    return { type: "connectorResponse", requestId, ok, error: reader.text() };
  }
  const token = reader.remaining === 0 ? "" : reader.text();
  return token === ""
    ? { type: "connectorResponse", requestId, ok }
    : { type: "connectorResponse", requestId, ok, token };
}

/** `01 09`, length: 4, JSON `{"level":"…","msg":"…"}`. */
export function decodeLog(bytes: Uint8Array): LogMessage {
  const { level, msg } = parseJson(readJson(bytes));
  return {
    type: "log",
    level: LOG_LEVELS.find((known) => known === level) ?? "debug",
    text: typeof msg === "string" ? msg : "",
  };
}

/** `01 0a`, length: 4, JSON `{"count":N}`. */
export function decodePartners(bytes: Uint8Array): PartnersMessage {
  const { count } = parseJson(readJson(bytes));
  const isCount = Number.isSafeInteger(count) && (count as number) >= 0;
  return { type: "partners", count: isCount ? count as number : 0 };
}

/** `01 0b|0c|0d`, length: 4, JSON, which is not looked at. */
export function decodeDirect(bytes: Uint8Array): DirectMessage {
  return {
    type: "direct",
    kind: bytes[1] as DirectKind,
    json: readJson(bytes),
  };
}

/** `01 21`, payload: 8. */
export function decodePing(bytes: Uint8Array): PingMessage {
  return { type: "ping", payload: readHeartbeat(bytes) };
}

/** `01 22`, payload: 8. */
export function decodePong(bytes: Uint8Array): PongMessage {
  return { type: "pong", payload: readHeartbeat(bytes) };
}

function readHeartbeat(bytes: Uint8Array): Uint8Array {
  return new Reader(bytes, HEADER_BYTES).bytes(HEARTBEAT_BYTES);
}

function readJson(bytes: Uint8Array): Uint8Array {
  const reader = new Reader(bytes, HEADER_BYTES);
  const length = reader.uint32();
  if (length > MAX_JSON_BYTES) {
    throw new TunnelError(
      "limit",
      `Cannot decode message: ${length} bytes of JSON are more than ` +
        `${MAX_JSON_BYTES}`,
    );
  }
  return reader.bytes(length);
}

/** A JSON object; what it does not have, or has as another type, is a zero. */
function parseJson(json: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(decodeText(json, 0, json.length));
  } catch (cause) {
    throw new TunnelError(
      "protocol",
      `Cannot decode message: ${errorText(cause)}`,
      { cause },
    );
  }
  if (typeof value !== "object" || value === null) {
    throw new TunnelError(
      "protocol",
      "Cannot decode message: its JSON is not an object",
    );
  }
  return value as Record<string, unknown>;
}
