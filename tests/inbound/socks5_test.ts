import { assert, assertEquals } from "@std/assert";
import {
  type Parsed,
  parseGreeting,
  parseLogin,
  parseRequest,
  requestReply,
} from "../../lib/inbound/socks5.ts";

type Parser = (bytes: Uint8Array) => Parsed<unknown>;

const NAME = [...new TextEncoder().encode("example.com")];
const LONG = new Array(255).fill(97);
const IPV6 = [0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 1];

const WHOLE: readonly [name: string, parser: Parser, bytes: number[]][] = [
  ["greeting", parseGreeting, [5, 1, 0]],
  ["longest greeting", parseGreeting, [5, 255, ...LONG]],
  ["login", parseLogin, [1, 1, 117, 2, 112, 119]],
  ["login without texts", parseLogin, [1, 0, 0]],
  ["longest login", parseLogin, [1, 255, ...LONG, 255, ...LONG]],
  ["IPv4", parseRequest, [5, 1, 0, 1, 127, 0, 0, 1, 0, 80]],
  ["IPv6", parseRequest, [5, 1, 0, 4, ...IPV6, 1, 187]],
  ["name", parseRequest, [5, 1, 0, 3, 11, ...NAME, 0, 80]],
  ["longest name", parseRequest, [5, 1, 0, 3, 255, ...LONG, 0, 80]],
];

for (const [name, parser, bytes] of WHOLE) {
  Deno.test(`${parser.name}() takes a whole ${name} and no part of it`, () => {
    const whole = new Uint8Array(bytes);
    for (let length = 0; length < whole.length; length++) {
      const parsed = parser(whole.subarray(0, length));
      assertEquals(parsed.state, "more", `cut at ${length}`);
    }
    const parsed = parser(whole);
    assert(parsed.state === "ok");
    assertEquals(parsed.end, whole.length);
    const longer = parser(new Uint8Array([...bytes, 1, 2, 3]));
    assertEquals(longer, parsed);
  });
}

Deno.test("[61] parseGreeting() gives the methods", () => {
  const parsed = parseGreeting(new Uint8Array([5, 2, 0, 2]));
  assert(parsed.state === "ok");
  assertEquals([...parsed.value], [0, 2]);
});

Deno.test("[61] parseLogin() gives name and password", () => {
  const parsed = parseLogin(new Uint8Array([1, 1, 117, 2, 112, 119]));
  assert(parsed.state === "ok");
  assertEquals([...parsed.value.username], [117]);
  assertEquals([...parsed.value.password], [112, 119]);
});

Deno.test("[61] parseRequest() gives command and target", () => {
  const cases: readonly [number[], number, string, number][] = [
    [[5, 1, 0, 1, 127, 0, 0, 1, 0, 80], 1, "127.0.0.1", 80],
    [[5, 2, 9, 4, ...IPV6, 1, 187], 2, "2001:db8::1", 443],
    [[5, 3, 0, 3, 11, ...NAME, 255, 255], 3, "example.com", 65_535],
  ];
  for (const [bytes, command, host, port] of cases) {
    const parsed = parseRequest(new Uint8Array(bytes));
    assert(parsed.state === "ok");
    assertEquals(parsed.value, { command, target: { host, port } });
  }
});

Deno.test("parsers refuse what can never become right", () => {
  const cases: readonly [Parser, number[], number][] = [
    [parseGreeting, [4], 1],
    [parseGreeting, [5, 0], 1],
    [parseLogin, [5], 1],
    [parseRequest, [4], 1],
    [parseRequest, [5, 1, 0, 2, 0], 8],
  ];
  for (const [parser, bytes, reply] of cases) {
    assertEquals(parser(new Uint8Array(bytes)), { state: "bad", reply });
  }
});

Deno.test("requestReply() has an address of zeros", () => {
  assertEquals([...requestReply(5)], [5, 5, 0, 1, 0, 0, 0, 0, 0, 0]);
});
