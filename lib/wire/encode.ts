import {
  boolean,
  byte,
  checkedHeartbeat,
  checkedId,
  checkedJson,
  cutText,
  join,
  NOTHING,
  port,
  protocolCode,
  shortText,
  uint32,
} from "./_fields.ts";
import {
  connectLength,
  connectResponseLength,
  DATA_HEADER_BYTES,
  WINDOW_BYTES,
  writeConnect,
  writeConnectResponse,
  writeDataHeader,
  writeWindow,
} from "./_write.ts";
import { MAX_LOG_TEXT_BYTES } from "./limits.ts";
import {
  type ConnectMessage,
  type ConnectResponseMessage,
  type DataMessage,
  type Message,
  OPERATION,
  TYPE,
  VERSION,
} from "./messages.ts";
import { encodeText } from "./text.ts";

export {
  connectLength,
  connectResponseLength,
  DATA_HEADER_BYTES,
  DATAGRAM_OVERHEAD_BYTES,
  WINDOW_BYTES,
  writeConnect,
  writeConnectResponse,
  writeDatagram,
  writeDataHeader,
  writeWindow,
} from "./_write.ts";

const ENCODERS: {
  readonly [T in Message["type"]]: (
    message: Extract<Message, { type: T }>,
  ) => Uint8Array<ArrayBuffer>;
} = {
  auth: ({ token, reverse, instance }) =>
    join(TYPE.auth, shortText(token), boolean(reverse), checkedId(instance)),
  authResponse: ({ ok, error, token }) =>
    join(TYPE.authResponse, boolean(ok), outcome(ok, error, token)),
  connect: encodeConnect,
  data: encodeData,
  connectResponse: encodeConnectResponse,
  disconnect: ({ id, reason }) =>
    join(TYPE.disconnect, checkedId(id), reason ? shortText(reason) : NOTHING),
  connector: ({ requestId, token, operation }) =>
    join(
      TYPE.connector,
      checkedId(requestId),
      shortText(token),
      byte(OPERATION[operation]),
    ),
  connectorResponse: ({ requestId, ok, error, token }) =>
    join(
      TYPE.connectorResponse,
      checkedId(requestId),
      boolean(ok),
      outcome(ok, error, token),
    ),
  log: ({ level, text }) =>
    encodeJson(TYPE.log, { level, msg: cutText(text, MAX_LOG_TEXT_BYTES) }),
  partners: ({ count }) => encodeJson(TYPE.partners, { count }),
  direct: ({ kind, json }) =>
    join(kind, uint32(json.length), checkedJson(json)),
  window: ({ id, credit }) => {
    const bytes = new Uint8Array(WINDOW_BYTES);
    writeWindow(bytes, 0, id, credit);
    return bytes;
  },
  ping: ({ payload }) => join(TYPE.ping, checkedHeartbeat(payload)),
  pong: ({ payload }) => join(TYPE.pong, checkedHeartbeat(payload)),
  drain: () => Uint8Array.of(VERSION, TYPE.drain),
  unknown: ({ code }) => Uint8Array.of(VERSION, code),
};

/**
 * Encodes one message.
 *
 * Texts with a length of one byte are cut to 255 bytes on a character boundary.
 * Whoever must not lose the end of one, such as the name of a host, checks it
 * first. An extension is written if it is there: on a session without
 * `synsocks.v1` leave it out.
 *
 * @param message The message.
 * @returns Its bytes, in a buffer that is theirs.
 * @throws {RangeError} If a field cannot be on the wire: an id that has not 16
 * bytes, a window or first bytes beyond their limit.
 * @throws {TypeError} If the protocol of a channel is `unknown`.
 */
export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  // The table has the right function for each type, but TypeScript does not
  // follow the relation between a key and its value.
  const encode = ENCODERS[message.type] as (
    message: Message,
  ) => Uint8Array<ArrayBuffer>;
  return encode(message);
}

function encodeConnect(message: ConnectMessage): Uint8Array<ArrayBuffer> {
  const { protocol, id, host, port, extension } = message;
  if (protocol !== "tcp") {
    return join(TYPE.connect, byte(protocolCode(protocol)), checkedId(id));
  }
  const hostBytes = encodeText(host);
  const bytes = new Uint8Array(connectLength(hostBytes.length, extension));
  writeConnect(bytes, 0, id, hostBytes, port, extension);
  return bytes;
}

function encodeConnectResponse(
  message: ConnectResponseMessage,
): Uint8Array<ArrayBuffer> {
  const { ok, id, error = "", extension } = message;
  if (!ok) {
    const type = TYPE.connectResponse;
    return join(type, boolean(false), checkedId(id), shortText(error));
  }
  const bytes = new Uint8Array(connectResponseLength(extension));
  writeConnectResponse(bytes, 0, id, extension);
  return bytes;
}

function encodeData(message: DataMessage): Uint8Array<ArrayBuffer> {
  const { protocol, id, compression, payload } = message;
  const addresses = message.protocol === "udp"
    ? [
      shortText(message.address),
      port(message.port),
      shortText(message.targetAddress),
      port(message.targetPort),
    ]
    : [];
  const code = protocolCode(protocol);
  let length = DATA_HEADER_BYTES + payload.length;
  for (const part of addresses) length += part.length;
  const bytes = new Uint8Array(length);
  let offset = writeDataHeader(bytes, 0, id, payload.length);
  bytes[2] = code;
  bytes[19] = compression;
  for (const part of [payload, ...addresses]) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function encodeJson(type: number, value: unknown): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(value));
  return join(type, uint32(json.length), json);
}

/**
 * What follows a success byte: the reason of a failure, of which the length is
 * always there because peers give up the session without it, or a token.
 */
function outcome(
  ok: boolean,
  error: string = "",
  token: string = "",
): Uint8Array {
  if (!ok) return shortText(error);
  return token === "" ? NOTHING : shortText(token);
}
