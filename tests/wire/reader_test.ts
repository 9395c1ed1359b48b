import { assertEquals, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { Reader } from "../../lib/wire/reader.ts";
import { unhex } from "./bytes.ts";

Deno.test("Reader reads fields in order", () => {
  const reader = new Reader(unhex("ff 01 fffffffd 02 c3a9 00 aabb"), 1);
  assertEquals(reader.uint8(), 1);
  assertEquals(reader.uint32(), 0xfffffffd);
  assertEquals(reader.text(), "é");
  assertEquals(reader.boolean(), false);
  assertEquals(reader.remaining, 2);
  assertEquals(reader.bytes(2), unhex("aabb"));
  assertEquals(reader.remaining, 0);
});

Deno.test("Reader replaces what is not UTF-8", () => {
  assertEquals(new Reader(unhex("03 61ff62")).text(), "a\ufffdb");
});

Deno.test("Reader keeps a byte order mark", () => {
  assertEquals(new Reader(unhex("03 efbbbf")).text(), "\ufeff");
});

for (
  const { name, hex, read } of [
    { name: "uint8()", hex: "", read: (r: Reader) => r.uint8() },
    { name: "boolean()", hex: "", read: (r: Reader) => r.boolean() },
    { name: "uint32()", hex: "010203", read: (r: Reader) => r.uint32() },
    { name: "id()", hex: "00".repeat(15), read: (r: Reader) => r.id() },
    { name: "text()", hex: "02 61", read: (r: Reader) => r.text() },
    { name: "bytes()", hex: "01", read: (r: Reader) => r.bytes(2) },
  ]
) {
  Deno.test(`Reader.${name} refuses a message that ends`, () => {
    const reader = new Reader(unhex(hex));
    const error = assertThrows(() => read(reader), TunnelError);
    assertEquals(error.code, "protocol");
  });
}
