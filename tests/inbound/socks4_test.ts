import { assert, assertEquals } from "@std/assert";
import { parseSocks4, socks4Reply } from "../../lib/inbound/socks4.ts";

const NAME = [...new TextEncoder().encode("example.com")];
const LONG = new Array(255).fill(97);

const WHOLE: readonly [name: string, bytes: number[], host: string][] = [
  ["IPv4", [4, 1, 1, 187, 127, 0, 0, 1, 0], "127.0.0.1"],
  ["IPv4 with a user", [4, 1, 1, 187, 10, 0, 0, 9, 117, 115, 0], "10.0.0.9"],
  ["0.0.0.0, which is no name", [4, 1, 1, 187, 0, 0, 0, 0, 0], "0.0.0.0"],
  ["name", [4, 1, 1, 187, 0, 0, 0, 1, 0, ...NAME, 0], "example.com"],
  [
    "longest texts",
    [4, 1, 1, 187, 0, 0, 0, 255, ...LONG, 0, ...LONG, 0],
    "a".repeat(255),
  ],
];

for (const [name, bytes, host] of WHOLE) {
  Deno.test(`parseSocks4() takes a whole ${name} and no part of it`, () => {
    const whole = new Uint8Array(bytes);
    for (let length = 0; length < whole.length; length++) {
      const cut = parseSocks4(whole.subarray(0, length));
      assertEquals(cut.state, "more", `cut at ${length}`);
    }
    const parsed = parseSocks4(new Uint8Array([...bytes, 1, 2, 3]));
    assert(parsed.state === "ok");
    assertEquals(parsed.value, { command: 1, target: { host, port: 443 } });
    assertEquals(parsed.end, whole.length);
  });
}

Deno.test("parseSocks4() refuses what can never become right", () => {
  const cases: readonly number[][] = [
    [5],
    [4, 1, 0, 80, 0, 0, 0, 1, 0, 0],
    [4, 1, 0, 80, 1, 2, 3, 4, ...LONG, 97],
    [4, 1, 0, 80, 0, 0, 0, 1, 0, ...LONG, 97],
  ];
  for (const bytes of cases) {
    assertEquals(parseSocks4(new Uint8Array(bytes)), { state: "bad" });
  }
});

Deno.test("socks4Reply() grants and rejects", () => {
  assertEquals([...socks4Reply(true)], [0, 0x5a, 0, 0, 0, 0, 0, 0]);
  assertEquals([...socks4Reply(false)], [0, 0x5b, 0, 0, 0, 0, 0, 0]);
});
