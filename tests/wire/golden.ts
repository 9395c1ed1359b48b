import type { Message } from "../../lib/wire/messages.ts";
import { ID, ID_HEX, utf8 } from "./bytes.ts";

/** A message, and its bytes in hex with blanks between the fields. */
export interface Sample {
  name: string;
  message: Message;
  hex: string;
}

const HELLO = "linksocks_client_hello:direct_signaling=1";

/** The golden vectors of the base protocol. */
export const GOLDEN: readonly Sample[] = [
  {
    name: "AUTH reverse",
    message: { type: "auth", token: "tok", reverse: true, instance: ID },
    hex: `0101 03 746f6b 01 ${ID_HEX}`,
  },
  {
    name: "AUTH_RESPONSE ok",
    message: { type: "authResponse", ok: true },
    hex: "0102 01",
  },
  {
    name: "AUTH_RESPONSE failed",
    message: { type: "authResponse", ok: false, error: "invalid token" },
    hex: "0102 00 0d 696e76616c696420746f6b656e",
  },
  {
    name: "CONNECT tcp",
    message: {
      type: "connect",
      protocol: "tcp",
      id: ID,
      host: "1.1.1.1",
      port: 80,
    },
    hex: `0103 01 ${ID_HEX} 07 312e312e312e31 0050`,
  },
  {
    name: "CONNECT udp",
    message: { type: "connect", protocol: "udp", id: ID, host: "", port: 0 },
    hex: `0103 02 ${ID_HEX}`,
  },
  {
    name: "DATA tcp",
    message: {
      type: "data",
      protocol: "tcp",
      id: ID,
      compression: 0,
      payload: utf8("abc"),
    },
    hex: `0104 01 ${ID_HEX} 00 00000003 616263`,
  },
  {
    name: "DATA udp to a target",
    message: {
      type: "data",
      protocol: "udp",
      id: ID,
      compression: 0,
      payload: utf8("hi"),
      address: "",
      port: 0,
      targetAddress: "9.9.9.9",
      targetPort: 53,
    },
    hex: `0104 02 ${ID_HEX} 00 00000002 6869 00 0000 07 392e392e392e39 0035`,
  },
  {
    name: "DATA udp from a source",
    message: {
      type: "data",
      protocol: "udp",
      id: ID,
      compression: 0,
      payload: utf8("hi"),
      address: "9.9.9.9",
      port: 53,
      targetAddress: "",
      targetPort: 0,
    },
    hex: `0104 02 ${ID_HEX} 00 00000002 6869 07 392e392e392e39 0035 00 0000`,
  },
  {
    name: "CONNECT_RESPONSE ok",
    message: { type: "connectResponse", ok: true, id: ID },
    hex: `0105 01 ${ID_HEX}`,
  },
  {
    name: "CONNECT_RESPONSE failed",
    message: { type: "connectResponse", ok: false, id: ID, error: "no" },
    hex: `0105 00 ${ID_HEX} 02 6e6f`,
  },
  {
    name: "DISCONNECT with a reason",
    message: { type: "disconnect", id: ID, reason: "EOF" },
    hex: `0106 ${ID_HEX} 03 454f46`,
  },
  {
    name: "DISCONNECT without a reason",
    message: { type: "disconnect", id: ID },
    hex: `0106 ${ID_HEX}`,
  },
  {
    name: "CONNECTOR add",
    message: {
      type: "connector",
      requestId: ID,
      token: "tokA",
      operation: "add",
    },
    hex: `0107 ${ID_HEX} 04 746f6b41 01`,
  },
  {
    name: "CONNECTOR_RESPONSE ok",
    message: {
      type: "connectorResponse",
      requestId: ID,
      ok: true,
      token: "tokA",
    },
    hex: `0108 ${ID_HEX} 01 04 746f6b41`,
  },
  {
    name: "PARTNERS",
    message: { type: "partners", count: 1 },
    hex: "010a 0000000b 7b22636f756e74223a317d",
  },
  {
    name: "LOG with the client's hello",
    message: { type: "log", level: "debug", text: HELLO },
    hex: `0109 00000043 ${utf8(`{"level":"debug","msg":"${HELLO}"}`).toHex()}`,
  },
];
