import { assert, assertEquals, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import {
  MAX_FIRST_BYTES,
  MAX_JSON_BYTES,
  MAX_MESSAGE_BYTES,
} from "../../lib/wire/limits.ts";
import { ID, ID_HEX, unhex, utf8 } from "./bytes.ts";
import { GOLDEN } from "./golden.ts";

Deno.test("[11] version minor accepted, major refused", () => {
  for (const { hex, message } of GOLDEN) {
    const bytes = unhex(hex);
    for (const version of [0x00, 0x02, 0x0f]) {
      bytes[0] = version;
      assertEquals(decodeMessage(bytes), message);
    }
    for (const version of [0x10, 0x11, 0x80, 0xff]) {
      bytes[0] = version;
      assertEquals(codeOf(() => decodeMessage(bytes)), "protocol");
    }
  }
});

Deno.test("[12] unknown types are no error", () => {
  for (const code of [0x00, 0x0e, 0x1f, 0x25, 0x7f, 0xff]) {
    for (const v1 of [false, true]) {
      const bytes = Uint8Array.of(1, code, 9, 9);
      assertEquals(decodeMessage(bytes, { v1 }), { type: "unknown", code });
    }
  }
});

Deno.test("[12] the types of synsocks.v1 are unknown on a base session", () => {
  for (const code of [0x20, 0x21, 0x22, 0x23, 0x24]) {
    const expected = { type: "unknown", code } as const;
    assertEquals(decodeMessage(Uint8Array.of(1, code)), expected);
    assertEquals(
      decodeMessage(Uint8Array.of(1, code), { v1: false }),
      expected,
    );
  }
});

Deno.test("[13] direct messages are kept as they are", () => {
  const message = decodeMessage(unhex("010b 00000003 ff00fe"));
  assert(message.type === "direct");
  assertEquals(message.json, unhex("ff00fe"));
});

Deno.test("[30] CONNECT with an unknown protocol can be answered", () => {
  for (const code of ["00", "03", "ff"]) {
    for (const v1 of [false, true]) {
      const bytes = unhex(`0103 ${code} ${ID_HEX} 02 6161 0050`);
      assertEquals(decodeMessage(bytes, { v1 }), {
        type: "connect",
        protocol: "unknown",
        id: ID,
        host: "",
        port: 0,
      });
    }
  }
});

Deno.test("[30] CONNECT with port 0 and no host can be answered", () => {
  const message = decodeMessage(unhex(`0103 01 ${ID_HEX} 00 0000`));
  assert(message.type === "connect");
  assertEquals([message.host, message.port], ["", 0]);
});

Deno.test("[36] an unknown compression is passed on with its payload", () => {
  const message = decodeMessage(unhex(`0104 01 ${ID_HEX} 07 00000001 61`));
  assert(message.type === "data");
  assertEquals([message.compression, message.payload], [7, utf8("a")]);
});

Deno.test("[37] DATA without a payload is a message like others", () => {
  const message = decodeMessage(unhex(`0104 01 ${ID_HEX} 00 00000000`));
  assert(message.type === "data");
  assertEquals(message.payload.length, 0);
});

Deno.test("DATA of an unknown protocol is told from tcp", () => {
  const message = decodeMessage(unhex(`0104 09 ${ID_HEX} 00 00000001 61`));
  assert(message.type === "data");
  assertEquals(message.protocol, "unknown");
});

Deno.test("any byte but zero means success", () => {
  const message = decodeMessage(unhex(`0105 80 ${ID_HEX}`));
  assert(message.type === "connectResponse");
  assertEquals(message.ok, true);
});

Deno.test("payloads are views, ids that are kept are copies", () => {
  const data = unhex(`0104 01 ${ID_HEX} 00 00000003 616263`);
  const decoded = decodeMessage(data);
  assert(decoded.type === "data");
  assert(decoded.payload.buffer === data.buffer);
  const connect = unhex(`0103 02 ${ID_HEX}`);
  const opened = decodeMessage(connect);
  assert(opened.type === "connect");
  assert(opened.id.buffer !== connect.buffer);
});

Deno.test("a message inside of a larger buffer is read at its place", () => {
  for (const { hex, message } of GOLDEN) {
    const bytes = unhex(`ffffff ${hex} ffffff`);
    assertEquals(decodeMessage(bytes.subarray(3, -3)), message);
  }
});

Deno.test("CONNECTOR with an operation that does not exist is refused", () => {
  const bytes = unhex(`0107 ${ID_HEX} 00 03`);
  assertEquals(codeOf(() => decodeMessage(bytes)), "protocol");
});

for (
  const { name, json, expected } of [
    {
      name: "all",
      json: '{"level":"warn","msg":"m"}',
      expected: ["warn", "m"],
    },
    { name: "none", json: "{}", expected: ["debug", ""] },
    { name: "odd level", json: '{"level":"loud"}', expected: ["debug", ""] },
    { name: "odd types", json: '{"level":1,"msg":2}', expected: ["debug", ""] },
    { name: "a list", json: "[]", expected: ["debug", ""] },
  ]
) {
  Deno.test(`LOG with ${name} of its fields`, () => {
    const message = decodeMessage(withJson(0x09, utf8(json)));
    assert(message.type === "log");
    assertEquals([message.level, message.text], expected);
  });
}

Deno.test("PARTNERS with an odd count has none", () => {
  for (const count of ["-1", "1.5", '"2"', "null", "1e400", "[3]"]) {
    const bytes = withJson(0x0a, utf8(`{"count":${count}}`));
    assertEquals(decodeMessage(bytes), { type: "partners", count: 0 });
  }
});

Deno.test("JSON that is not JSON, or not an object, is refused", () => {
  for (const json of ["", "{", "null", "1", '"{}"', "{}x", "\ufeff{}"]) {
    for (const type of [0x09, 0x0a]) {
      const bytes = withJson(type, utf8(json));
      assertEquals(codeOf(() => decodeMessage(bytes)), "protocol");
    }
  }
});

Deno.test("[17] a message over MAX_MESSAGE_BYTES is refused", () => {
  const bytes = new Uint8Array(MAX_MESSAGE_BYTES + 1);
  bytes.set([1, 0x7f]);
  assertEquals(codeOf(() => decodeMessage(bytes)), "limit");
  assertEquals(decodeMessage(bytes.subarray(0, -1)).type, "unknown");
});

Deno.test("[17] JSON over MAX_JSON_BYTES is refused", () => {
  for (const type of [0x09, 0x0a, 0x0b]) {
    const json = new Uint8Array(MAX_JSON_BYTES + 1).fill(0x20);
    json.set(utf8("{}"));
    const bytes = withJson(type, json);
    assertEquals(codeOf(() => decodeMessage(bytes)), "limit");
    decodeMessage(withJson(type, json.subarray(0, -1)));
  }
});

Deno.test("[17] first bytes over MAX_FIRST_BYTES are refused", () => {
  const head = unhex(`0103 01 ${ID_HEX} 01 61 0050 00 00000000`);
  const bytes = new Uint8Array(head.length + MAX_FIRST_BYTES + 1);
  bytes.set(head);
  assertEquals(codeOf(() => decodeMessage(bytes, { v1: true })), "limit");
  decodeMessage(bytes.subarray(0, -1), { v1: true });
  decodeMessage(bytes);
});

Deno.test("a length that says 4 GiB is refused", () => {
  for (
    const hex of [
      `0104 01 ${ID_HEX} 00 ffffffff 6162`,
      `0104 02 ${ID_HEX} 00 80000000 6162`,
    ]
  ) {
    assertEquals(codeOf(() => decodeMessage(unhex(hex))), "protocol");
  }
});

Deno.test("synsocks.v1: CONNECT of udp has no extension", () => {
  const bytes = unhex(`0103 02 ${ID_HEX} 00 00000001`);
  assertEquals("extension" in decodeMessage(bytes, { v1: true }), false);
});

Deno.test("synsocks.v1: bytes behind the extension are ignored", () => {
  const bytes = unhex(`0105 01 ${ID_HEX} 01 00000002 ffff`);
  assertEquals(decodeMessage(bytes, { v1: true }), {
    type: "connectResponse",
    ok: true,
    id: ID,
    extension: { flags: 1, window: 2 },
  });
});

function withJson(type: number, json: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(6 + json.length);
  bytes.set([1, type]);
  new DataView(bytes.buffer).setUint32(2, json.length);
  bytes.set(json, 6);
  return bytes;
}

function codeOf(act: () => unknown): string {
  return assertThrows(act, TunnelError).code;
}
