import { assertEquals, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import { ID_HEX, unhex } from "./bytes.ts";
import { GOLDEN, type Sample } from "./golden.ts";
import { BASE, V1 } from "./samples.ts";

/** Lengths at which a message may end early, and what it then lacks. */
const MAY_END_AT: Record<string, readonly number[]> = {
  // The error of a failure may be absent as a whole.
  "AUTH_RESPONSE failed": [3],
  "AUTH_RESPONSE failed with an empty text": [3],
  // Bytes behind a success that are no token are ignored.
  "AUTH_RESPONSE ok with a token": [3, 4, 5],
  // The reason may be absent as a whole.
  "DISCONNECT with a reason": [18],
  // The token may be absent as a whole.
  "CONNECTOR_RESPONSE ok": [19],
  // The extension may be absent as a whole, and first bytes have no length.
  "CONNECT with first bytes": [23, 28, 29, 30, 31, 32],
  "CONNECT with flags and no first bytes": [23],
  "CONNECT_RESPONSE ok with a TFO report": [19],
};

for (const { name, message, hex } of GOLDEN) {
  Deno.test(`[10] golden vector: ${name}`, () => {
    assertEquals(encodeMessage(message).toHex(), hex.replaceAll(" ", ""));
    assertEquals(decodeMessage(unhex(hex)), message);
  });
}

for (const { name, message, hex } of BASE) {
  Deno.test(`[10] round trip: ${name}`, () => {
    assertEquals(encodeMessage(message).toHex(), hex.replaceAll(" ", ""));
    assertEquals(decodeMessage(unhex(hex)), message);
  });
}

for (const { name, message, hex } of V1) {
  Deno.test(`synsocks.v1 round trip: ${name}`, () => {
    assertEquals(encodeMessage(message).toHex(), hex.replaceAll(" ", ""));
    assertEquals(decodeMessage(unhex(hex), { v1: true }), message);
  });
}

for (const { name, message, hex } of [...GOLDEN, ...BASE]) {
  Deno.test(`synsocks.v1 still reads the base: ${name}`, () => {
    assertEquals(decodeMessage(unhex(hex), { v1: true }), message);
  });
}

for (const { name, hex } of GOLDEN.concat(BASE)) {
  Deno.test(`decodeMessage() refuses a cut: ${name}`, () => {
    assertCutsRefused(name, hex, false);
  });
}

for (const { name, hex } of V1) {
  Deno.test(`decodeMessage() refuses a cut on synsocks.v1: ${name}`, () => {
    assertCutsRefused(name, hex, true);
  });
}

/** Messages of which the end is their length, so that nothing can trail. */
const TAKES_THE_REST = new Set([
  "AUTH_RESPONSE ok",
  "DISCONNECT without a reason",
  "CONNECTOR_RESPONSE ok without a token",
]);

for (const { name, message, hex } of [...GOLDEN, ...BASE]) {
  if (TAKES_THE_REST.has(name)) continue;
  Deno.test(`[12] trailing bytes ignored: ${name}`, () => {
    for (const trail of ["00", "ff", "ffffffffffffffff"]) {
      assertEquals(decodeMessage(unhex(`${hex} ${trail}`)), message);
    }
  });
}

Deno.test("[9] AUTH_RESPONSE with trailing bytes is a success", () => {
  for (const trail of ["00", "ff", "05 61", "0100 00"]) {
    const message = decodeMessage(unhex(`0102 01 ${trail}`));
    assertEquals(message.type === "authResponse" && message.ok, true);
  }
});

Deno.test("[9] AUTH_RESPONSE failure without a length byte", () => {
  assertEquals(decodeMessage(unhex("0102 00")), {
    type: "authResponse",
    ok: false,
  });
});

Deno.test("a DISCONNECT with an empty reason has none", () => {
  const message = decodeMessage(unhex(`0106 ${ID_HEX} 00`));
  assertEquals("reason" in message, false);
});

Deno.test("[12] a base session ignores the extension fields", () => {
  for (const { message, hex } of V1.slice(0, 3)) {
    const { extension: _, ...base } = message as Extract<
      Sample["message"],
      { extension?: unknown }
    >;
    assertEquals(decodeMessage(unhex(hex)), base);
  }
});

function assertCutsRefused(name: string, hex: string, v1: boolean): void {
  const bytes = unhex(hex);
  const mayEndAt = MAY_END_AT[name] ?? [];
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    if (mayEndAt.includes(length)) {
      decodeMessage(cut, { v1 });
      continue;
    }
    const error = assertThrows(() => decodeMessage(cut, { v1 }), TunnelError);
    assertEquals(error.code, "protocol");
  }
}
