import { assert, assertEquals, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { TunnelError } from "../../lib/base/errors.ts";
import { inflate } from "../../lib/wire/gzip.ts";
import { MAX_INFLATED_BYTES } from "../../lib/wire/limits.ts";
import { utf8 } from "./bytes.ts";

for (const length of [0, 1, 100, 524_288, 2 * 1024 * 1024]) {
  Deno.test(`[36] inflate() gives back ${length} bytes`, () => {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7 + (i >> 8));
    const inflated = inflate(gzipSync(bytes));
    assertEquals(inflated, bytes);
    assertEquals(inflated.constructor, Uint8Array);
  });
}

Deno.test("[48] inflate() takes a small datagram as a view", () => {
  const packed = gzipSync(utf8("hi"));
  const message = new Uint8Array(packed.length + 20);
  message.set(packed, 10);
  const payload = message.subarray(10, 10 + packed.length);
  assertEquals(inflate(payload), utf8("hi"));
});

Deno.test("inflate() does not hold a large buffer for a small payload", () => {
  const inflated = inflate(gzipSync(utf8("hi")));
  assertEquals(inflated.buffer.byteLength, 2);
});

Deno.test("inflate() takes several gzip members", () => {
  const both = [...gzipSync(utf8("ab")), ...gzipSync(utf8("cd"))];
  assertEquals(inflate(Uint8Array.from(both)), utf8("abcd"));
});

Deno.test("[17] inflate() stops at its limit", () => {
  const packed = gzipSync(new Uint8Array(1001));
  assertEquals(inflate(packed, 1001).length, 1001);
  assertEquals(codeOf(() => inflate(packed, 1000)), "limit");
});

Deno.test("[17] inflate() refuses a bomb", () => {
  const bomb = gzipSync(new Uint8Array(MAX_INFLATED_BYTES + 1));
  assert(bomb.length < 100_000);
  assertEquals(codeOf(() => inflate(bomb)), "limit");
});

Deno.test("inflate() refuses what is not gzip", () => {
  for (const bytes of [utf8(""), utf8("x"), utf8("not gzip at all, sorry")]) {
    assertEquals(codeOf(() => inflate(bytes)), "protocol");
  }
});

Deno.test("inflate() refuses gzip that is cut or damaged", () => {
  const packed = new Uint8Array(gzipSync(utf8("hello hello hello")));
  for (let length = 0; length < packed.length; length++) {
    const cut = packed.subarray(0, length);
    assertEquals(codeOf(() => inflate(cut)), "protocol");
  }
  packed[packed.length - 8]! ^= 1;
  assertEquals(codeOf(() => inflate(packed)), "protocol");
});

function codeOf(act: () => unknown): string {
  return assertThrows(act, TunnelError).code;
}
