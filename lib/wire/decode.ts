import { TunnelError } from "../base/errors.ts";
import {
  decodeConnect,
  decodeConnectResponse,
  decodeData,
  decodeDisconnect,
  decodeWindow,
} from "./_decode_channel.ts";
import {
  decodeAuth,
  decodeAuthResponse,
  decodeConnector,
  decodeConnectorResponse,
  decodeDirect,
  decodeLog,
  decodePartners,
  decodePing,
  decodePong,
} from "./_decode_control.ts";
import { checkHeader } from "./_header.ts";
import { type Message, TYPE } from "./messages.ts";

/** Options for {@linkcode decodeMessage}. */
export interface DecodeOptions {
  /**
   * Whether the session has the extension `synsocks.v1`. If it has not, bytes
   * behind the last field are ignored and so are the types of the extension.
   *
   * @default {false}
   */
  v1?: boolean;
}

type Decode = (bytes: Uint8Array, v1: boolean) => Message;

const BASE = {
  auth: decodeAuth,
  authResponse: decodeAuthResponse,
  connect: decodeConnect,
  data: decodeData,
  connectResponse: decodeConnectResponse,
  disconnect: decodeDisconnect,
  connector: decodeConnector,
  connectorResponse: decodeConnectorResponse,
  log: decodeLog,
  partners: decodePartners,
  directCapabilities: decodeDirect,
  directRendezvous: decodeDirect,
  directStatus: decodeDirect,
};

const V1: Record<keyof typeof TYPE, Decode> = {
  ...BASE,
  window: decodeWindow,
  ping: decodePing,
  pong: decodePong,
  drain: () => ({ type: "drain" }),
  bundle: refuseBundle,
};

const BASE_TABLE = byCode(BASE);
const V1_TABLE = byCode(V1);
const NO_OPTIONS: DecodeOptions = {};

/**
 * Decodes one message.
 *
 * Payloads, first bytes and ids are views of `bytes`, except for the id of a
 * CONNECT and the instance of an AUTH, which are copies because they are kept.
 * Whoever keeps another one for long copies it, or the whole message stays in
 * memory with it.
 *
 * A bundle is not decoded: `forEachMessage()` walks it.
 *
 * @param bytes The message.
 * @param options What kind of session it comes from.
 * @returns The message; `unknown` for a type that the session does not have.
 * @throws {TunnelError} `protocol`, if the message is malformed or has another
 * major version; `limit`, if it exceeds a limit.
 */
export function decodeMessage(
  bytes: Uint8Array,
  options: DecodeOptions = NO_OPTIONS,
): Message {
  const code = checkHeader(bytes);
  const v1 = options.v1 === true;
  const decode = (v1 ? V1_TABLE : BASE_TABLE)[code];
  return decode === undefined ? { type: "unknown", code } : decode(bytes, v1);
}

function refuseBundle(): never {
  throw new TunnelError(
    "protocol",
    "Cannot decode bundle: expected a single message",
  );
}

/** A table that is indexed by the type byte. */
function byCode(
  decoders: Partial<Record<keyof typeof TYPE, Decode>>,
): ReadonlyArray<Decode | undefined> {
  const table = new Array<Decode | undefined>(0x100).fill(undefined);
  for (const [name, code] of Object.entries(TYPE)) {
    table[code] = decoders[name as keyof typeof TYPE];
  }
  return table;
}
