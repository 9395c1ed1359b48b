import { assert, assertEquals } from "@std/assert";
import { parseHead } from "../../lib/inbound/http_head.ts";
import { parseProxyRequest } from "../../lib/inbound/http_proxy.ts";
import type { ProxyRequest } from "../../lib/inbound/http_proxy.ts";
import type { HttpRefusal } from "../../lib/inbound/http_answer.ts";

function parse(...lines: string[]): ProxyRequest | HttpRefusal {
  const text = [...lines, "", ""].join("\r\n");
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  const head = parseHead(bytes);
  return "status" in head ? head : parseProxyRequest(head);
}

function forwarded(...lines: string[]): string[] {
  const request = parse(...lines);
  assert("kind" in request && request.kind === "forward");
  const text = String.fromCharCode(...request.head);
  assert(text.endsWith("\r\n\r\n"));
  return text.slice(0, -4).split("\r\n");
}

Deno.test("parseProxyRequest() writes a head as the target shall see it", () => {
  assertEquals(
    forwarded(
      "GET http://example.com:8080/a?b=c HTTP/1.1",
      "User-Agent:  x \xe9",
      "Host: other.example",
      "Proxy-Connection: keep-alive",
      "Proxy-Authorization: Basic dTpw",
      "Connection: keep-alive, X-Hop, Content-Length",
      "Keep-Alive: 5",
      "TE: trailers",
      "Upgrade: h2c",
      "X-Hop: 1",
      "Content-Length: 3",
    ),
    [
      "GET /a?b=c HTTP/1.1",
      "Host: example.com:8080",
      "User-Agent:  x \xe9",
      "Content-Length: 3",
      "Connection: close",
    ],
  );
});

Deno.test("parseProxyRequest() finds path and target", () => {
  const cases: readonly [
    line: string,
    line: string,
    host: string,
    port: number,
  ][] = [
    ["GET http://a HTTP/1.0", "GET / HTTP/1.0", "a", 80],
    ["GET HTTP://a/ HTTP/1.1", "GET / HTTP/1.1", "a", 80],
    ["GET http://a:/x HTTP/1.1", "GET /x HTTP/1.1", "a", 80],
    ["GET http://a?q HTTP/1.1", "GET /?q HTTP/1.1", "a", 80],
    ["OPTIONS http://a:81 HTTP/1.1", "OPTIONS * HTTP/1.1", "a", 81],
    ["OPTIONS http://a/ HTTP/1.1", "OPTIONS / HTTP/1.1", "a", 80],
    ["GET http://[::1]:82/ HTTP/1.1", "GET / HTTP/1.1", "::1", 82],
    ["GET http://a/http://b/ HTTP/1.1", "GET /http://b/ HTTP/1.1", "a", 80],
  ];
  for (const [line, expected, host, port] of cases) {
    assertEquals(forwarded(line, "Host: x")[0], expected);
    const request = parse(line);
    assert("kind" in request);
    assertEquals(request.target, { host, port });
  }
});

Deno.test("parseProxyRequest() finds the target of CONNECT", () => {
  assertEquals(parse("CONNECT [::1]:443 HTTP/1.1", "Host: x"), {
    kind: "connect",
    target: { host: "::1", port: 443 },
  });
  assertEquals(parse("CONNECT a-b_c.d:65535 HTTP/1.0"), {
    kind: "connect",
    target: { host: "a-b_c.d", port: 65_535 },
  });
});

Deno.test("parseProxyRequest() refuses what is wrong or unclear", () => {
  const get = "GET http://a/ HTTP/1.1";
  const cases: readonly [status: number, lines: string[]][] = [
    [400, ["GET / HTTP/1.1"]],
    [400, ["GET a HTTP/1.1"]],
    [400, ["OPTIONS * HTTP/1.1"]],
    [400, ["GET http:///x HTTP/1.1"]],
    [400, ["GET http://u:p@a/ HTTP/1.1"]],
    [400, ["GET http://a:0/ HTTP/1.1"]],
    [400, ["GET http://a:65536/ HTTP/1.1"]],
    [400, ["GET http://[::g]/ HTTP/1.1"]],
    [400, [`GET http://${"a".repeat(256)}/ HTTP/1.1`]],
    [400, ["GET http://a/#x HTTP/1.1"]],
    [400, ["GET  http://a/ HTTP/1.1"]],
    [400, ["GET http://a/"]],
    [501, ["GET https://a/ HTTP/1.1"]],
    [501, ["GET ftp://a/ HTTP/1.1"]],
    [505, ["PRI * HTTP/2.0"]],
    [400, ["CONNECT a HTTP/1.1"]],
    [400, ["CONNECT a: HTTP/1.1"]],
    [400, ["CONNECT http://a:1/ HTTP/1.1"]],
    [400, [get, "Host: a", "Host: a"]],
    [400, [get, "A: b", " folded"]],
    [400, [get, "A : b"]],
    [400, [get, "no colon"]],
    [400, [get, "A: b\nC: d"]],
    [400, [get, "A: b\rC: d"]],
    [400, [get, "A: \0"]],
    [400, [get, "Content-Length: 1", "Content-Length: 1"]],
    [400, [get, "Content-Length: +1"]],
    [400, [get, "Content-Length: 1\xa0"]],
    [400, [get, "Content-Length: 1", "Transfer-Encoding: chunked"]],
    [400, ["POST http://a/ HTTP/1.0", "Transfer-Encoding: chunked"]],
    [501, [get, "Transfer-Encoding: gzip, chunked"]],
  ];
  for (const [status, lines] of cases) {
    const refusal = parse(...lines);
    assert("status" in refusal, lines.join("|"));
    assertEquals(refusal.status, status, lines.join("|"));
  }
});
