import { assertEquals } from "@std/assert";
import { isSafeToRepeat } from "../../lib/dial/safe_to_repeat.ts";

const ENCODER = new TextEncoder();

/** A TLS record of this type with `body`. */
function tlsRecord(type: number, body: number[]): number[] {
  return [type, 3, 1, body.length >> 8, body.length & 255, ...body];
}

const HELLO = tlsRecord(22, [1, 0, 0, 2, 3, 3]);

Deno.test("isSafeToRepeat() takes safe HTTP methods only", () => {
  const cases: readonly [text: string, safe: boolean][] = [
    ["GET / HTTP/1.1\r\nHost: h\r\n\r\n", true],
    ["HEAD / HTTP/1.1\r\n\r\n", true],
    ["OPTIONS * HTTP/1.1\r\n\r\n", true],
    ["GET / HTTP/1.1\r\nHost", true],
    ["GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", true],
    ["GET / HTTP/1.1\n\nHEAD /2 HTTP/1.1\n\n", true],
    ["GET / HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\n\r\n", false],
    ["POST / HTTP/1.1\r\n\r\n", false],
    ["DELETE / HTTP/1.1\r\n\r\n", false],
    ["GETX / HTTP/1.1\r\n\r\n", false],
    ["GE", false],
    ["SSH-2.0-x\r\n", false],
    ["", false],
  ];
  for (const [text, safe] of cases) {
    assertEquals(isSafeToRepeat(ENCODER.encode(text)), safe, text);
  }
});

Deno.test("isSafeToRepeat() takes a ClientHello without early data", () => {
  const changeCipherSpec = tlsRecord(20, [1]);
  const cases: readonly [bytes: number[], safe: boolean][] = [
    [HELLO, true],
    [HELLO.slice(0, 8), true],
    [[...HELLO, ...changeCipherSpec], true],
    [[...HELLO, ...tlsRecord(23, [1, 2, 3])], false],
    [[...HELLO, ...changeCipherSpec, ...tlsRecord(23, [1])], false],
    [tlsRecord(22, [2, 0, 0, 2, 3, 3]), false],
    [tlsRecord(23, [1, 2, 3]), false],
    [[22, 2, 0, 0, 1, 1], false],
    [[22, 3], false],
    [[22], false],
  ];
  for (const [bytes, safe] of cases) {
    assertEquals(isSafeToRepeat(new Uint8Array(bytes)), safe, bytes.join(" "));
  }
});
