import { assertEquals, assertThrows } from "@std/assert";
import {
  connectLength,
  connectResponseLength,
  DATA_HEADER_BYTES,
  DATAGRAM_OVERHEAD_BYTES,
  encodeMessage,
  WINDOW_BYTES,
  writeConnect,
  writeConnectResponse,
  writeDatagram,
  writeDataHeader,
  writeWindow,
} from "../../lib/wire/encode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { ID, ID_HEX, unhex, utf8 } from "./bytes.ts";

Deno.test("writers write what encodeMessage() encodes, at an offset", () => {
  const extension = { flags: 3, window: 77, first: utf8("GET") };
  const response = { flags: 2, window: 78 };
  const connect = {
    type: "connect",
    protocol: "tcp",
    id: ID,
    host: "ho",
    port: 8080,
  } as const;
  const rows: ReadonlyArray<
    readonly [Message, (into: Uint8Array, offset: number) => number]
  > = [
    [
      { type: "window", id: ID, credit: 5 },
      (into, offset) => writeWindow(into, offset, ID, 5),
    ],
    [
      connect,
      (into, offset) => writeConnect(into, offset, ID, utf8("ho"), 8080),
    ],
    [
      { ...connect, extension },
      (into, offset) =>
        writeConnect(into, offset, ID, utf8("ho"), 8080, extension),
    ],
    [
      { type: "connectResponse", ok: true, id: ID },
      (into, offset) => writeConnectResponse(into, offset, ID),
    ],
    [
      { type: "connectResponse", ok: true, id: ID, extension: response },
      (into, offset) => writeConnectResponse(into, offset, ID, response),
    ],
  ];
  for (const [message, write] of rows) {
    const expected = encodeMessage(message);
    const into = new Uint8Array(expected.length + 10).fill(0xee);
    assertEquals(write(into, 5), 5 + expected.length);
    assertEquals(into.subarray(5, -5), expected);
    assertEquals(into.subarray(0, 5), unhex("eeeeeeeeee"));
    assertEquals(into.subarray(-5), unhex("eeeeeeeeee"));
  }
});

Deno.test("writeDataHeader() leaves the payload in its place", () => {
  const into = new Uint8Array(DATA_HEADER_BYTES + 3).fill(0xee);
  into.set(utf8("abc"), DATA_HEADER_BYTES);
  assertEquals(writeDataHeader(into, 0, ID, 3), DATA_HEADER_BYTES);
  assertEquals(into, unhex(`0104 01 ${ID_HEX} 00 00000003 616263`));
});

Deno.test("writers refuse a buffer without room", () => {
  const connectResponse = connectResponseLength();
  const connect = connectLength(2);
  const rows: ReadonlyArray<readonly [number, (into: Uint8Array) => number]> = [
    [DATA_HEADER_BYTES, (into) => writeDataHeader(into, 0, ID, 0)],
    [WINDOW_BYTES, (into) => writeWindow(into, 0, ID, 1)],
    [connectResponse, (into) => writeConnectResponse(into, 0, ID)],
    [connect, (into) => writeConnect(into, 0, ID, utf8("ho"), 1)],
  ];
  for (const [length, write] of rows) {
    assertEquals(write(new Uint8Array(length)), length);
    assertThrows(() => write(new Uint8Array(length - 1)), RangeError);
  }
});

Deno.test("writeConnect() refuses a host of 256 bytes", () => {
  const into = new Uint8Array(1000);
  const host = new Uint8Array(256);
  assertThrows(() => writeConnect(into, 0, ID, host, 1), RangeError);
});

Deno.test("writeDatagram() writes what encodeMessage() encodes", () => {
  const payload = utf8("hi");
  for (const host of ["9.9.9.9", "2001:db8::1", "bücher.example", ""]) {
    for (const towardExit of [false, true]) {
      const far = { host: towardExit ? host : "", port: towardExit ? 53 : 0 };
      const near = { host: towardExit ? "" : host, port: towardExit ? 0 : 53 };
      const expected = encodeMessage({
        type: "data",
        protocol: "udp",
        id: ID,
        compression: 0,
        payload,
        address: near.host,
        port: near.port,
        targetAddress: far.host,
        targetPort: far.port,
      });
      const into = new Uint8Array(5 + DATAGRAM_OVERHEAD_BYTES + payload.length);
      const end = writeDatagram(into, 5, ID, payload, near, far);
      assertEquals(into.subarray(5, end), expected);
    }
  }
});

Deno.test("writeDatagram() cuts a host that is too long", () => {
  const nobody = { host: "", port: 0 };
  for (
    const [host, length] of [["n".repeat(300), 255], [
      "ü".repeat(200),
      254,
    ]] as const
  ) {
    const into = new Uint8Array(DATAGRAM_OVERHEAD_BYTES);
    const end = writeDatagram(into, 0, ID, utf8(""), { host, port: 1 }, nobody);
    assertEquals(into[DATA_HEADER_BYTES], length);
    assertEquals(end, DATA_HEADER_BYTES + 3 + length + 3);
  }
});

Deno.test("writeDatagram() refuses what it has no room for", () => {
  const nobody = { host: "", port: 0 };
  const into = new Uint8Array(DATAGRAM_OVERHEAD_BYTES);
  assertThrows(
    () => writeDatagram(into, 1, ID, utf8(""), nobody, nobody),
    RangeError,
  );
});
