import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import {
  channelKey,
  formatId,
  newChannelId,
  parseId,
  sameId,
} from "../../lib/wire/channel_id.ts";
import { ID } from "./bytes.ts";

Deno.test("newChannelId() makes UUIDs of version 4", () => {
  for (let i = 0; i < 1000; i++) {
    const text = formatId(newChannelId());
    assert(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/.test(text), text);
  }
});

Deno.test("newChannelId() repeats neither ids nor keys over batches", () => {
  const ids = Array.from({ length: 1000 }, newChannelId);
  assertEquals(new Set(ids.map(formatId)).size, ids.length);
  assertEquals(new Set(ids.map((id) => channelKey(id))).size, ids.length);
});

Deno.test("newChannelId() gives each id memory of its own", () => {
  const id = newChannelId();
  assertEquals([id.length, id.buffer.byteLength], [16, 16]);
});

Deno.test("channelKey() is the first 48 bits", () => {
  assertEquals(channelKey(ID), 0x001122334455);
  const ones = new Uint8Array(16).fill(0xff);
  assertEquals(channelKey(ones), 2 ** 48 - 1);
  assert(Number.isSafeInteger(channelKey(ones)));
});

Deno.test("channelKey() and sameId() read inside of a message", () => {
  const message = new Uint8Array(24);
  message.set(ID, 3);
  assertEquals(channelKey(message, 3), channelKey(ID));
  assert(sameId(message, 3, ID));
  assertFalse(sameId(message, 2, ID));
  assertFalse(sameId(message, 20, ID));
});

Deno.test("sameId() sees a difference in every byte", () => {
  for (let i = 0; i < 16; i++) {
    const other = ID.slice();
    other[i]! ^= 1;
    assertFalse(sameId(other, 0, ID));
  }
  assert(sameId(ID.slice(), 0, ID));
});

Deno.test("parseId() and formatId() are inverse", () => {
  const text = "00112233-4455-6677-8899-aabbccddeeff";
  assertEquals(formatId(parseId(text)), text);
  assertEquals(parseId(text.toUpperCase()), ID);
  const id = newChannelId();
  assertEquals(parseId(formatId(id)), id);
});

Deno.test("parseId() refuses what is not a UUID", () => {
  for (
    const text of [
      "",
      "00112233445566778899aabbccddeeff",
      "00112233-4455-6677-8899-aabbccddeef",
      "00112233-4455-6677-8899-aabbccddeeff0",
      "00112233-4455-6677-8899-aabbccddeefg",
      " 00112233-4455-6677-8899-aabbccddeeff",
      "00112233-4455-6677-8899-aabbccddeeff\n",
    ]
  ) {
    const error = assertThrows(() => parseId(text), TunnelError);
    assertEquals(error.code, "protocol");
  }
});
