import type { TYPE } from "./_codes.ts";

export {
  COMPRESSION,
  FLAG_CONNECT_MORE,
  FLAG_TFO_ACKED,
  FLAG_TFO_ATTEMPTED,
  OPERATION,
  PROTOCOL,
  TYPE,
  VERSION,
} from "./_codes.ts";

/** Asks to be let in, when the URL of the upgrade did not. */
export interface AuthMessage {
  /** Tells this message from others. */
  type: "auth";
  /** The token itself, not its hash. */
  token: string;
  /** Whether the client wants to be a provider. */
  reverse: boolean;
  /** The UUID of the client process, 16 bytes. */
  instance: Uint8Array;
}

/** Says whether a client is let in: the first message that it gets. */
export interface AuthResponseMessage {
  /** Tells this message from others. */
  type: "authResponse";
  /** Whether the client is let in. */
  ok: boolean;
  /** Why not; absent if the server did not say. */
  error?: string;
  /** The token that the server made for an anonymous provider. */
  token?: string;
}

/** What CONNECT says on a `synsocks.v1` session in addition, for tcp. */
export interface ConnectExtension {
  /** Bits, see {@linkcode FLAG_CONNECT_MORE}. */
  flags: number;
  /** How many bytes of DATA the entry accepts before it grants more. */
  window: number;
  /** The first bytes for the target, for the SYN; may be empty. */
  first: Uint8Array;
}

/** What CONNECT_RESPONSE says on a `synsocks.v1` session in addition. */
export interface ConnectResponseExtension {
  /**
   * Bits, see {@linkcode FLAG_TFO_ATTEMPTED} and {@linkcode FLAG_TFO_ACKED}.
   */
  flags: number;
  /** How many more bytes of DATA the exit accepts before it grants more. */
  window: number;
}

/** What a channel carries; `unknown` stands for a code that we do not know. */
export type ChannelProtocol = "tcp" | "udp" | "unknown";

/** Opens a channel: the entry asks the exit to dial. */
export interface ConnectMessage {
  /** Tells this message from others. */
  type: "connect";
  /** What the channel carries; `unknown` is answered with a failure. */
  protocol: ChannelProtocol;
  /** The channel, chosen at random by the entry. Decoded as a copy. */
  id: Uint8Array;
  /** The target's name or IP (v6 without brackets); empty unless tcp. */
  host: string;
  /** The target's port; 0 unless tcp. */
  port: number;
  /** Only on a `synsocks.v1` session, and only for tcp. */
  extension?: ConnectExtension;
}

/** What both kinds of DATA have. */
export interface DataFields {
  /** Tells this message from others. */
  type: "data";
  /** The channel, as a view of the message. */
  id: Uint8Array;
  /** How the payload is packed, see {@linkcode COMPRESSION}. */
  compression: number;
  /** The bytes as sent, as a view of the message. */
  payload: Uint8Array;
}

/** Bytes of a stream. No bytes at all are its half-close. */
export interface StreamDataMessage extends DataFields {
  /** What the channel carries; `unknown` cannot be encoded. */
  protocol: "tcp" | "unknown";
}

/** A datagram with its addresses. */
export interface DatagramMessage extends DataFields {
  /** Tells the two kinds of DATA apart. */
  protocol: "udp";
  /** Toward the entry: the IP that it comes from. Otherwise empty. */
  address: string;
  /** Toward the entry: the port that it comes from. Otherwise 0. */
  port: number;
  /** Toward the exit: the host that it is for. Otherwise empty. */
  targetAddress: string;
  /** Toward the exit: the port that it is for. Otherwise 0. */
  targetPort: number;
}

/** Says whether the exit reached the target. */
export interface ConnectResponseMessage {
  /** Tells this message from others. */
  type: "connectResponse";
  /** Whether it did. */
  ok: boolean;
  /** The channel, as a view of the message. */
  id: Uint8Array;
  /** Why not, in free form; present if not `ok`. */
  error?: string;
  /** Only on a `synsocks.v1` session, and only if `ok`. */
  extension?: ConnectResponseExtension;
}

/** Closes a channel in both directions. */
export interface DisconnectMessage {
  /** Tells this message from others. */
  type: "disconnect";
  /** The channel, as a view of the message. */
  id: Uint8Array;
  /** Why, in free form. An orderly end has none, or the word `EOF`. */
  reason?: string;
}

/** A provider manages its connector tokens. */
export interface ConnectorMessage {
  /** Tells this message from others. */
  type: "connector";
  /** A UUID that the response repeats. */
  requestId: Uint8Array;
  /** The token; empty with `add` asks the server to make one. */
  token: string;
  /** What to do with the token. */
  operation: "add" | "remove";
}

/** Answers {@linkcode ConnectorMessage}. */
export interface ConnectorResponseMessage {
  /** Tells this message from others. */
  type: "connectorResponse";
  /** The UUID of the request. */
  requestId: Uint8Array;
  /** Whether it was done. */
  ok: boolean;
  /** Why not; present if not `ok`. */
  error?: string;
  /** The token that was added. */
  token?: string;
}

/** The levels of a LOG message. */
export type LogMessageLevel = "trace" | "debug" | "info" | "warn" | "error";

/** A line for the peer's log. */
export interface LogMessage {
  /** Tells this message from others. */
  type: "log";
  /** How important it is; a level that we do not know is `debug`. */
  level: LogMessageLevel;
  /** The line, or a hello. It is the peer's text: never print it as it is. */
  text: string;
}

/** How many peers are at the other side of a relay. */
export interface PartnersMessage {
  /** Tells this message from others. */
  type: "partners";
  /** Providers for a connector, connectors for a provider. */
  count: number;
}

/** The type byte of a {@linkcode DirectMessage}. */
export type DirectKind =
  | typeof TYPE.directCapabilities
  | typeof TYPE.directRendezvous
  | typeof TYPE.directStatus;

/** Signaling between peers that try to reach each other directly. */
export interface DirectMessage {
  /** Tells this message from others. */
  type: "direct";
  /** The type byte: 0x0b, 0x0c or 0x0d. */
  kind: DirectKind;
  /** The JSON as it was received, not parsed: a relay forwards it. */
  json: Uint8Array;
}

/** Grants more credit on a channel. `synsocks.v1` only. */
export interface WindowMessage {
  /** Tells this message from others. */
  type: "window";
  /** The channel, as a view of the message. */
  id: Uint8Array;
  /** How many more bytes of DATA are accepted. */
  credit: number;
}

/** Asks for an answer at once. `synsocks.v1` only. */
export interface PingMessage {
  /** Tells this message from others. */
  type: "ping";
  /** 8 bytes that mean something to the sender only. */
  payload: Uint8Array;
}

/** Answers {@linkcode PingMessage}. `synsocks.v1` only. */
export interface PongMessage {
  /** Tells this message from others. */
  type: "pong";
  /** The 8 bytes of the ping. */
  payload: Uint8Array;
}

/**
 * The sender takes no new channels on this session; those that are open go on.
 * `synsocks.v1` only.
 */
export interface DrainMessage {
  /** Tells this message from others. */
  type: "drain";
}

/** A message of a type that we do not know: to be ignored. */
export interface UnknownMessage {
  /** Tells this message from others. */
  type: "unknown";
  /** The type byte. */
  code: number;
}

/** Either kind of DATA. */
export type DataMessage = StreamDataMessage | DatagramMessage;

/** One unit of the tunnel protocol. */
export type Message =
  | AuthMessage
  | AuthResponseMessage
  | ConnectMessage
  | DataMessage
  | ConnectResponseMessage
  | DisconnectMessage
  | ConnectorMessage
  | ConnectorResponseMessage
  | LogMessage
  | PartnersMessage
  | DirectMessage
  | WindowMessage
  | PingMessage
  | PongMessage
  | DrainMessage
  | UnknownMessage;
