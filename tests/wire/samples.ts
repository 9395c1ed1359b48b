import { ID, ID_HEX, unhex, utf8 } from "./bytes.ts";
import type { Sample } from "./golden.ts";

/** More of the base protocol: what the golden vectors leave out. */
export const BASE: readonly Sample[] = [
  {
    name: "AUTH forward, without a token",
    message: { type: "auth", token: "", reverse: false, instance: ID },
    hex: `0101 00 00 ${ID_HEX}`,
  },
  {
    name: "AUTH_RESPONSE ok with a token",
    message: { type: "authResponse", ok: true, token: "t1" },
    hex: "0102 01 02 7431",
  },
  {
    name: "AUTH_RESPONSE failed with an empty text",
    message: { type: "authResponse", ok: false, error: "" },
    hex: "0102 00 00",
  },
  {
    name: "DATA tcp without a payload",
    message: {
      type: "data",
      protocol: "tcp",
      id: ID,
      compression: 0,
      payload: utf8(""),
    },
    hex: `0104 01 ${ID_HEX} 00 00000000`,
  },
  {
    name: "DATA udp in gzip with both addresses",
    message: {
      type: "data",
      protocol: "udp",
      id: ID,
      compression: 1,
      payload: utf8("zz"),
      address: "::1",
      port: 65535,
      targetAddress: "é.example",
      targetPort: 1,
    },
    hex: `0104 02 ${ID_HEX} 01 00000002 7a7a 03 3a3a31 ffff ` +
      "0a c3a92e6578616d706c65 0001",
  },
  {
    name: "CONNECT_RESPONSE failed with an empty text",
    message: { type: "connectResponse", ok: false, id: ID, error: "" },
    hex: `0105 00 ${ID_HEX} 00`,
  },
  {
    name: "CONNECTOR remove",
    message: {
      type: "connector",
      requestId: ID,
      token: "",
      operation: "remove",
    },
    hex: `0107 ${ID_HEX} 00 02`,
  },
  {
    name: "CONNECTOR_RESPONSE ok without a token",
    message: { type: "connectorResponse", requestId: ID, ok: true },
    hex: `0108 ${ID_HEX} 01`,
  },
  {
    name: "CONNECTOR_RESPONSE failed",
    message: {
      type: "connectorResponse",
      requestId: ID,
      ok: false,
      error: "no",
    },
    hex: `0108 ${ID_HEX} 00 02 6e6f`,
  },
  {
    name: "direct capabilities",
    message: { type: "direct", kind: 0x0b, json: utf8("{}") },
    hex: "010b 00000002 7b7d",
  },
  {
    name: "direct rendezvous",
    message: { type: "direct", kind: 0x0c, json: utf8("not JSON") },
    hex: "010c 00000008 6e6f74204a534f4e",
  },
  {
    name: "direct status",
    message: { type: "direct", kind: 0x0d, json: utf8("") },
    hex: "010d 00000000",
  },
  {
    name: "a type of the future",
    message: { type: "unknown", code: 0x7f },
    hex: "017f",
  },
];

/** What only a `synsocks.v1` session has. */
export const V1: readonly Sample[] = [
  {
    name: "CONNECT with first bytes",
    message: {
      type: "connect",
      protocol: "tcp",
      id: ID,
      host: "a",
      port: 443,
      extension: { flags: 0, window: 0x40000, first: utf8("hello") },
    },
    hex: `0103 01 ${ID_HEX} 01 61 01bb 00 00040000 68656c6c6f`,
  },
  {
    name: "CONNECT with flags and no first bytes",
    message: {
      type: "connect",
      protocol: "tcp",
      id: ID,
      host: "a",
      port: 443,
      extension: { flags: 1, window: 0xfffffffe, first: utf8("") },
    },
    hex: `0103 01 ${ID_HEX} 01 61 01bb 01 fffffffe`,
  },
  {
    name: "CONNECT_RESPONSE ok with a TFO report",
    message: {
      type: "connectResponse",
      ok: true,
      id: ID,
      extension: { flags: 3, window: 0x40000 },
    },
    hex: `0105 01 ${ID_HEX} 03 00040000`,
  },
  {
    name: "WINDOW",
    message: { type: "window", id: ID, credit: 0x01020304 },
    hex: `0120 ${ID_HEX} 01020304`,
  },
  {
    name: "PING",
    message: { type: "ping", payload: unhex("0102030405060708") },
    hex: "0121 0102030405060708",
  },
  {
    name: "PONG",
    message: { type: "pong", payload: unhex("0807060504030201") },
    hex: "0122 0807060504030201",
  },
  {
    name: "DRAIN",
    message: { type: "drain" },
    hex: "0124",
  },
];
