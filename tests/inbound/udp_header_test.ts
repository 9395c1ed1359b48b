import { assertEquals } from "@std/assert";
import {
  isFragment,
  MAX_UDP_HEADER_BYTES,
  parseUdpHeader,
  writeUdpHeader,
} from "../../lib/inbound/udp_header.ts";

const ROOM = new Uint8Array(MAX_UDP_HEADER_BYTES + 10).fill(0xee);

function bytesOf(...values: (number | string)[]): Uint8Array {
  return new Uint8Array(
    values.flatMap((value) =>
      typeof value === "string" ? [...new TextEncoder().encode(value)] : [value]
    ),
  );
}

/** Headers that mean the same in both directions. */
const BOTH_WAYS: [name: string, host: string, header: Uint8Array][] = [
  ["IPv4", "9.8.7.6", bytesOf(0, 0, 0, 1, 9, 8, 7, 6, 0x12, 0x34)],
  [
    "IPv6",
    "2001:db8::1",
    bytesOf(
      ...[0, 0, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
      ...[0x12, 0x34],
    ),
  ],
  ["a name", "ex.org", bytesOf(0, 0, 0, 3, 6, "ex.org", 0x12, 0x34)],
  [
    "the longest name",
    "n".repeat(255),
    bytesOf(0, 0, 0, 3, 255, "n".repeat(255), 0x12, 0x34),
  ],
];
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 9, 8, 7, 6];

for (const [name, host, header] of BOTH_WAYS) {
  Deno.test(`parseUdpHeader() reads ${name}`, () => {
    const expected = { target: { host, port: 0x1234 }, end: header.length };
    assertEquals(parseUdpHeader(header), expected);
    assertEquals(parseUdpHeader(bytesOf(...header, "data")), expected);
  });

  Deno.test(`writeUdpHeader() writes ${name}`, () => {
    const end = writeUdpHeader(ROOM, { host, port: 0x1234 });
    assertEquals(end, header.length);
    assertEquals(ROOM.subarray(0, end), header);
  });

  Deno.test(`[45] parseUdpHeader() drops ${name} cut anywhere`, () => {
    for (let length = 0; length < header.length; length++) {
      assertEquals(parseUdpHeader(header.subarray(0, length)), undefined);
    }
  });
}

Deno.test("IPv4-mapped IPv6 is IPv4, both ways", () => {
  assertEquals(
    parseUdpHeader(bytesOf(0, 0, 0, 4, ...MAPPED, 0, 53))?.target,
    { host: "9.8.7.6", port: 53 },
  );
  const end = writeUdpHeader(ROOM, { host: "::ffff:9.8.7.6", port: 53 });
  assertEquals(
    ROOM.subarray(0, end),
    bytesOf(0, 0, 0, 1, 9, 8, 7, 6, 0, 53),
  );
});

Deno.test("parseUdpHeader() ignores RSV", () => {
  assertEquals(
    parseUdpHeader(bytesOf(7, 7, 0, 1, 9, 8, 7, 6, 0, 53))?.target.host,
    "9.8.7.6",
  );
});

Deno.test("[45] parseUdpHeader() drops fragments", () => {
  const fragment = bytesOf(0, 0, 1, 1, 9, 8, 7, 6, 0, 53);
  assertEquals(parseUdpHeader(fragment), undefined);
  assertEquals(isFragment(fragment), true);
  assertEquals(isFragment(bytesOf(0, 0, 0, 1)), false);
  assertEquals(isFragment(bytesOf(0, 0)), false);
});

Deno.test("[45] parseUdpHeader() drops other address types and bad names", () => {
  for (const type of [0, 2, 5, 255]) {
    const bytes = new Uint8Array(40);
    bytes[3] = type;
    assertEquals(parseUdpHeader(bytes), undefined, `type ${type}`);
  }
  assertEquals(parseUdpHeader(bytesOf(0, 0, 0, 3, 0, 0, 53)), undefined);
  assertEquals(
    parseUdpHeader(bytesOf(0, 0, 0, 3, 2, 0xc3, 0x28, 0, 53)),
    undefined,
  );
});

Deno.test("parseUdpHeader() survives whatever comes", () => {
  const bytes = new Uint8Array(64);
  for (let round = 0; round < 20_000; round++) {
    crypto.getRandomValues(bytes);
    bytes[2] = 0;
    bytes[3] = 1 + round % 4;
    const length = round % 65;
    const parsed = parseUdpHeader(bytes.subarray(0, length));
    if (!parsed) continue;
    assertEquals(parsed.end <= length, true);
    assertEquals(writeUdpHeader(ROOM, parsed.target) !== undefined, true);
  }
});

Deno.test("writeUdpHeader() refuses a host without or beyond length", () => {
  assertEquals(writeUdpHeader(ROOM, { host: "", port: 1 }), undefined);
  const host = "n".repeat(256);
  assertEquals(writeUdpHeader(ROOM, { host, port: 1 }), undefined);
});
