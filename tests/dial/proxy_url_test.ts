import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import {
  formatProxy,
  parseProxyUrl,
  type ProxyAddress,
} from "../../lib/dial/proxy_url.ts";

const RIGHT: readonly [text: string, proxy: ProxyAddress][] = [
  ["socks5://h", { scheme: "socks5", host: "h", port: 1080 }],
  ["socks5h://h:1081", { scheme: "socks5", host: "h", port: 1081 }],
  ["SOCKS5://h/", { scheme: "socks5", host: "h", port: 1080 }],
  ["http://h", { scheme: "http", host: "h", port: 8080 }],
  // URL leaves out the port that is usual for a scheme that it knows.
  ["http://h:80", { scheme: "http", host: "h", port: 80 }],
  ["http://10.0.0.1:3128/", { scheme: "http", host: "10.0.0.1", port: 3128 }],
  ["socks5://[::1]:1080", { scheme: "socks5", host: "::1", port: 1080 }],
  ["http://[2001:db8::1]", {
    scheme: "http",
    host: "2001:db8::1",
    port: 8080,
  }],
  ["socks5://me:p%40ss%3A%2F@h:1", {
    scheme: "socks5",
    host: "h",
    port: 1,
    login: { username: "me", password: "p@ss:/" },
  }],
  ["http://me@h", {
    scheme: "http",
    host: "h",
    port: 8080,
    login: { username: "me", password: "" },
  }],
  ["http://%C3%A4:%E2%82%AC@h", {
    scheme: "http",
    host: "h",
    port: 8080,
    login: { username: "ä", password: "€" },
  }],
];

for (const [text, proxy] of RIGHT) {
  Deno.test(`parseProxyUrl() reads ${text}`, () => {
    assertEquals(parseProxyUrl(text, "--upstream-proxy"), proxy);
  });
}

const WRONG = [
  "",
  "h:1080",
  "https://h",
  "socks4://h",
  "ftp://h",
  "socks5://",
  "socks5://:1080",
  "socks5://h:0",
  "socks5://h:65536",
  "socks5://h:x",
  "socks5://[::1",
  "socks5://[::g]:1",
  "socks5://h/path",
  "http://h?query",
  "http://h#part",
  "socks5://secret@h",
  "socks5://:secret@h",
  "http://:secret@h",
  "http://se%3Acret:x@h",
  "http://secret%zz:x@h",
  `socks5://secret:${"x".repeat(256)}@h`,
];

for (const text of WRONG) {
  Deno.test(`parseProxyUrl() refuses "${text.slice(0, 30)}"`, () => {
    const error = assertThrows(
      () => parseProxyUrl(text, "--upstream-proxy"),
      ConfigError,
    );
    assertEquals(error.field, "--upstream-proxy");
    assert(!error.message.includes("cret"), error.message);
  });
}

Deno.test("formatProxy() shows no credentials", () => {
  const proxy = parseProxyUrl("http://me:secret@[::1]:3128", "--x");
  assertEquals(formatProxy(proxy), "http://[::1]:3128");
});
