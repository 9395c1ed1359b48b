import { assert, assertEquals, assertThrows } from "@std/assert";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { DATA_HEADER_BYTES, encodeMessage } from "../../lib/wire/encode.ts";
import {
  MAX_FIRST_BYTES,
  MAX_JSON_BYTES,
  MAX_LOG_TEXT_BYTES,
  MAX_PAYLOAD_BYTES,
} from "../../lib/wire/limits.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { ID, ID_HEX, unhex, utf8 } from "./bytes.ts";
import { GOLDEN } from "./golden.ts";
import { BASE, V1 } from "./samples.ts";

Deno.test("[11] the version that is sent is always 0x01", () => {
  for (const { message } of [...GOLDEN, ...BASE, ...V1]) {
    assertEquals(encodeMessage(message)[0], 0x01);
  }
});

for (
  const { name, text, bytes } of [
    { name: "255 bytes", text: "a".repeat(255), bytes: 255 },
    { name: "256 bytes", text: "a".repeat(256), bytes: 255 },
    { name: "two-byte characters", text: "é".repeat(128), bytes: 254 },
    { name: "three-byte characters", text: "€".repeat(86), bytes: 255 },
    { name: "four-byte characters", text: "😀".repeat(64), bytes: 252 },
    {
      name: "a character over the edge",
      text: "a".repeat(254) + "é",
      bytes: 254,
    },
    { name: "a lone surrogate", text: "a".repeat(253) + "\ud83d", bytes: 253 },
  ]
) {
  Deno.test(`[18] texts are cut on a character boundary: ${name}`, () => {
    const encoded = encodeMessage({
      type: "connectResponse",
      ok: false,
      id: ID,
      error: text,
    });
    assertEquals(encoded[19], bytes);
    assertEquals(encoded.length, 20 + bytes);
    const decoded = decodeMessage(encoded);
    assert(decoded.type === "connectResponse" && decoded.error !== undefined);
    assert(text.startsWith(decoded.error));
  });
}

for (
  const message of [
    { type: "auth", token: "€".repeat(99), reverse: false, instance: ID },
    { type: "authResponse", ok: false, error: "€".repeat(99) },
    { type: "disconnect", id: ID, reason: "€".repeat(99) },
    {
      type: "connect",
      protocol: "tcp",
      id: ID,
      host: "€".repeat(99),
      port: 1,
    },
    {
      type: "connector",
      requestId: ID,
      token: "€".repeat(99),
      operation: "add",
    },
    {
      type: "connectorResponse",
      requestId: ID,
      ok: false,
      error: "€".repeat(99),
    },
    {
      type: "data",
      protocol: "udp",
      id: ID,
      compression: 0,
      payload: utf8("x"),
      address: "€".repeat(99),
      port: 1,
      targetAddress: "€".repeat(99),
      targetPort: 2,
    },
  ] satisfies Message[]
) {
  Deno.test(`[18] a long text does not break the frame of ${message.type}`, () => {
    const cut = JSON.parse(
      JSON.stringify(message).replaceAll("€".repeat(99), "€".repeat(85)),
    );
    assertEquals(
      JSON.stringify(decodeMessage(encodeMessage(message))),
      JSON.stringify(cut),
    );
  });
}

Deno.test("[18] failures always carry the length byte", () => {
  for (
    const { message, hex } of [
      { message: { type: "authResponse", ok: false }, hex: "0102 00 00" },
      {
        message: { type: "connectResponse", ok: false, id: ID },
        hex: `0105 00 ${ID_HEX} 00`,
      },
      {
        message: { type: "connectorResponse", ok: false, requestId: ID },
        hex: `0108 ${ID_HEX} 00 00`,
      },
    ] as const
  ) {
    assertEquals(encodeMessage(message), unhex(hex));
  }
});

Deno.test("a success has neither error nor empty token", () => {
  assertEquals(
    encodeMessage({ type: "authResponse", ok: true, error: "x", token: "" }),
    unhex("0102 01"),
  );
});

Deno.test("LOG is cut so that it stays below MAX_JSON_BYTES", () => {
  // A control character is the worst case: one byte becomes six.
  const text = "\u0001".repeat(2 * MAX_LOG_TEXT_BYTES);
  const encoded = encodeMessage({ type: "log", level: "info", text });
  assert(encoded.length <= MAX_JSON_BYTES);
  const decoded = decodeMessage(encoded);
  assert(decoded.type === "log");
  assertEquals(decoded.text.length, MAX_LOG_TEXT_BYTES);
});

Deno.test("encodeMessage() refuses what cannot be on the wire", () => {
  const short = ID.subarray(1);
  const first = new Uint8Array(MAX_FIRST_BYTES + 1);
  const tcp = { type: "connect", protocol: "tcp", id: ID, host: "a" } as const;
  const window = 0xffffffff;
  for (
    const message of [
      { type: "auth", token: "", reverse: false, instance: short },
      { type: "disconnect", id: short },
      { type: "window", id: short, credit: 1 },
      { type: "window", id: ID, credit: window },
      { type: "window", id: ID, credit: -1 },
      {
        type: "connectResponse",
        ok: true,
        id: ID,
        extension: { flags: 0, window },
      },
      { ...tcp, port: 65536 },
      { ...tcp, port: Number.NaN },
      { ...tcp, port: 1, extension: { flags: 0, window: 0, first } },
      { type: "ping", payload: new Uint8Array(7) },
      { type: "direct", kind: 0x0b, json: new Uint8Array(MAX_JSON_BYTES + 1) },
    ] satisfies Message[]
  ) {
    assertThrows(() => encodeMessage(message), RangeError);
  }
});

Deno.test("encodeMessage() refuses an unknown protocol", () => {
  const rest = { id: ID, compression: 0, payload: ID };
  assertThrows(
    () => encodeMessage({ type: "data", protocol: "unknown", ...rest }),
    TypeError,
  );
});

Deno.test("[41] the longest DATA that is sent is far below 1 MiB", () => {
  assert(DATA_HEADER_BYTES + MAX_PAYLOAD_BYTES < 1024 * 1024);
});
