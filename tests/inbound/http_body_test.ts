import { assertEquals } from "@std/assert";
import {
  ChunkedBody,
  type HttpBody,
  SizedBody,
} from "../../lib/inbound/http_body.ts";

const ENCODER = new TextEncoder();

/** What a body takes when the bytes come in pieces of this length. */
function taken(body: HttpBody, text: string, pieceBytes: number): string {
  const bytes = ENCODER.encode(text);
  let at = 0;
  while (at < bytes.length) {
    const piece = bytes.subarray(at, at + pieceBytes);
    const count = body.take(piece);
    at += count;
    if (count < piece.length) break;
  }
  return text.slice(0, at);
}

const WHOLE: readonly [name: string, make: () => HttpBody, text: string][] = [
  ["SizedBody", () => new SizedBody(5), "hello"],
  ["SizedBody", () => new SizedBody(0), ""],
  ["ChunkedBody", () => new ChunkedBody(), "0\r\n\r\n"],
  ["ChunkedBody", () => new ChunkedBody(), "5\r\nhello\r\n0\r\n\r\n"],
  ["ChunkedBody", () => new ChunkedBody(), "5 ;a=b\r\nh\r\nlo\r\n0\r\n\r\n"],
  [
    "ChunkedBody",
    () => new ChunkedBody(),
    "1a\r\n" + "x".repeat(26) + "\r\n00\r\nA: b\r\n\r\n",
  ],
];

for (const [name, make, text] of WHOLE) {
  Deno.test(`${name}.take() stops behind ${JSON.stringify(text)}`, () => {
    for (const pieceBytes of [1, 2, 3, 7, 1000]) {
      const body = make();
      assertEquals(taken(body, `${text}GET / HTTP/1.1`, pieceBytes), text);
      assertEquals(body.ended, true);
    }
  });
}

Deno.test("ChunkedBody.take() stops where it cannot understand", () => {
  const cases: readonly [text: string, taken: string][] = [
    ["GET /", ""],
    ["\r\n", ""],
    ["5\nhello", "5"],
    ["5\rhello", "5\r"],
    ["1\r\nxy", "1\r\nx"],
    ["1\r\nx\n", "1\r\nx"],
    ["1\r\nx\r\r", "1\r\nx\r"],
    ["123456789\r\n", "12345678"],
  ];
  for (const [text, expected] of cases) {
    for (const pieceBytes of [1, 100]) {
      const body = new ChunkedBody();
      assertEquals(taken(body, text, pieceBytes), expected);
      assertEquals(body.ended, true, text);
    }
  }
});

Deno.test("ChunkedBody is not ended while something is to come", () => {
  const body = new ChunkedBody();
  const text = "5\r\nhello\r\n0\r\nA: b\r\n\r";
  assertEquals(taken(body, text, 1), text);
  assertEquals(body.ended, false);
});
