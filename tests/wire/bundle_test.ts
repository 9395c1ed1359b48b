import { assert, assertEquals, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { forEachMessage } from "../../lib/wire/bundle.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/wire/limits.ts";
import { bundleOf } from "./bundles.ts";
import { unhex } from "./bytes.ts";
import { GOLDEN } from "./golden.ts";
import { V1 } from "./samples.ts";

const ALL = [...GOLDEN, ...V1];
const ENCODED = ALL.map(({ message }) => encodeMessage(message));

Deno.test("forEachMessage() visits the messages of a bundle in order", () => {
  const bundle = bundleOf(ENCODED);
  const seen = collect(bundle);
  assertEquals(seen, ENCODED);
  assert(seen.every(({ buffer }) => buffer === bundle.buffer));
  assertEquals(
    seen.map((bytes) => decodeMessage(bytes, { v1: true })),
    ALL.map(({ message }) => message),
  );
});

Deno.test("writeBundleEntry() puts a length in front of each message", () => {
  assertEquals(
    bundleOf([unhex("017f"), unhex("017eaa")]),
    unhex("0123 00000002 017f 00000003 017eaa"),
  );
});

Deno.test("forEachMessage() visits what is no bundle once, as it is", () => {
  for (const message of [...ENCODED, unhex(""), unhex("01"), unhex("ff")]) {
    const seen = collect(message);
    assertEquals(seen.length, 1);
    assert(seen[0] === message);
  }
});

Deno.test("a bundle without messages is no error", () => {
  assertEquals(collect(unhex("0123")), []);
});

Deno.test("[12] a bundle is an unknown message on a base session", () => {
  const bundle = bundleOf(ENCODED);
  const seen: Uint8Array[] = [];
  forEachMessage(bundle, false, (message) => seen.push(message));
  assertEquals(seen, [bundle]);
  assertEquals(decodeMessage(bundle), { type: "unknown", code: 0x23 });
});

Deno.test("a bundle inside of a bundle is refused", () => {
  const inner = bundleOf([unhex("017f")]);
  assertRefused(bundleOf([unhex("017f"), inner]));
  assertThrows(() => decodeMessage(inner, { v1: true }), TunnelError);
});

Deno.test("a bundle that is cut anywhere inside an entry is refused", () => {
  const bundle = bundleOf(ENCODED);
  const ends = new Set([2]);
  let end = 2;
  for (const { length } of ENCODED) ends.add(end += 4 + length);
  for (let length = 2; length <= bundle.length; length++) {
    const cut = bundle.subarray(0, length);
    if (ends.has(length)) collect(cut);
    else assertRefused(cut);
  }
});

for (
  const { name, hex } of [
    { name: "a message without bytes", hex: "0123 00000000" },
    { name: "a message of one byte", hex: "0123 00000001 01" },
    { name: "a length of 4 GiB", hex: "0123 ffffffff 017f" },
    { name: "a length that is one too many", hex: "0123 00000003 017f" },
    { name: "half a length", hex: "0123 00000002 017f 0000" },
    { name: "another major version", hex: "1123 00000002 017f" },
  ]
) {
  Deno.test(`a bundle with ${name} is refused`, () => {
    assertRefused(unhex(hex));
  });
}

Deno.test("messages in front of a malformed one have been visited", () => {
  const seen: Uint8Array[] = [];
  const bundle = unhex("0123 00000002 017f 00000009 01");
  assertThrows(
    () => forEachMessage(bundle, true, (message) => seen.push(message)),
    TunnelError,
  );
  assertEquals(seen, [unhex("017f")]);
});

Deno.test("[17] a bundle over MAX_MESSAGE_BYTES is refused", () => {
  const bundle = new Uint8Array(MAX_MESSAGE_BYTES + 1);
  bundle.set([1, 0x23]);
  const error = assertThrows(() => collect(bundle), TunnelError);
  assertEquals(error.code, "limit");
});

function collect(bytes: Uint8Array): Uint8Array[] {
  const seen: Uint8Array[] = [];
  forEachMessage(bytes, true, (message) => seen.push(message));
  return seen;
}

function assertRefused(bytes: Uint8Array): void {
  assertEquals(
    assertThrows(() => collect(bytes), TunnelError).code,
    "protocol",
  );
}
