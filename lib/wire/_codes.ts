/** The version that we send: major 0, minor 1. */
export const VERSION = 0x01;

/** The type byte of each message. */
export const TYPE = {
  auth: 0x01,
  authResponse: 0x02,
  connect: 0x03,
  data: 0x04,
  connectResponse: 0x05,
  disconnect: 0x06,
  connector: 0x07,
  connectorResponse: 0x08,
  log: 0x09,
  partners: 0x0a,
  directCapabilities: 0x0b,
  directRendezvous: 0x0c,
  directStatus: 0x0d,
  window: 0x20,
  ping: 0x21,
  pong: 0x22,
  bundle: 0x23,
  drain: 0x24,
} as const;

/** The protocol byte of CONNECT and DATA. */
export const PROTOCOL = { tcp: 1, udp: 2 } as const;

/** The compression byte of DATA; any other value means none. */
export const COMPRESSION = { none: 0, gzip: 1 } as const;

/** The operation byte of CONNECTOR. */
export const OPERATION = { add: 1, remove: 2 } as const;

/**
 * Flag of CONNECT: bytes follow right behind, and none is in this message yet.
 * Reserved; nobody sends it.
 */
export const FLAG_CONNECT_MORE = 1;

/** Flag of CONNECT_RESPONSE: the exit dialed with TCP Fast Open. */
export const FLAG_TFO_ATTEMPTED = 1;

/** Flag of CONNECT_RESPONSE: the target acknowledged the data in the SYN. */
export const FLAG_TFO_ACKED = 2;
