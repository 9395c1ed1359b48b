import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { findEnvironmentProxy } from "../../lib/dial/environment_proxy.ts";
import { isListed } from "../../lib/dial/no_proxy.ts";
import { formatProxy } from "../../lib/dial/proxy_url.ts";

/** `host:port` of the proxy that is found, or nothing. */
function found(
  variables: Record<string, string>,
  secure = false,
  host = "example.com",
): string | undefined {
  const target = { host, port: secure ? 443 : 80 };
  const proxy = findEnvironmentProxy(target, secure, (name) => variables[name]);
  return proxy && formatProxy(proxy);
}

Deno.test("[22] findEnvironmentProxy() chooses the variable by the scheme", () => {
  const both = { HTTP_PROXY: "http://plain:1", HTTPS_PROXY: "http://tls:2" };
  assertEquals(found(both), "http://plain:1");
  assertEquals(found(both, true), "http://tls:2");
  assertEquals(found({ HTTP_PROXY: "http://plain:1" }, true), undefined);
  assertEquals(found({}), undefined);
});

Deno.test("findEnvironmentProxy() takes upper case, then lower case, then ALL_PROXY", () => {
  const all = {
    HTTP_PROXY: "http://upper:1",
    ["http_proxy"]: "http://lower:1",
    ALL_PROXY: "socks5://all:1",
    ["all_proxy"]: "socks5://small:1",
  };
  assertEquals(found(all), "http://upper:1");
  assertEquals(found({ ...all, HTTP_PROXY: " " }), "http://lower:1");
  assertEquals(found(all, true), "socks5://all:1");
  assertEquals(found({ all_proxy: "socks5h://small" }), "socks5://small:1080");
});

Deno.test("findEnvironmentProxy() takes a value without a scheme for http", () => {
  assertEquals(found({ http_proxy: "me:pw@proxy:3128" }), "http://proxy:3128");
  assertEquals(found({ http_proxy: "http://proxy" }), "http://proxy:80");
});

Deno.test("findEnvironmentProxy() never sends this machine through a proxy", () => {
  const variables = { HTTP_PROXY: "http://proxy:1", ALL_PROXY: "x://wrong" };
  for (
    const host of ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"]
  ) {
    assertEquals(found(variables, false, host), undefined, host);
    assertEquals(found(variables, true, host), undefined, host);
  }
  for (const host of ["localhost.example.com", "128.0.0.1", "::2"]) {
    assertEquals(found(variables, false, host), "http://proxy:1", host);
  }
});

Deno.test("[22] findEnvironmentProxy() honors NO_PROXY in both cases", () => {
  const variables = { HTTP_PROXY: "http://proxy:1" };
  assertEquals(found({ ...variables, NO_PROXY: "example.com" }), undefined);
  assertEquals(found({ ...variables, no_proxy: "example.com" }), undefined);
  assertEquals(found({ ...variables, NO_PROXY: "a.b" }), "http://proxy:1");
});

Deno.test("findEnvironmentProxy() names the variable that is wrong", () => {
  const error = assertThrows(
    () => found({ all_proxy: "https://me:secret@proxy" }),
    ConfigError,
  );
  assertEquals(error.field, "all_proxy");
  assertEquals(error.message.includes("secret"), false);
});

const LISTED: readonly [list: string, host: string, port: number][] = [
  ["*", "anything", 1],
  ["example.com", "example.com", 1],
  ["example.com", "EXAMPLE.com.", 1],
  [".example.com", "example.com", 1],
  [".example.com", "a.b.example.com", 1],
  ["*.example.com", "a.example.com", 1],
  ["example.com", "a.example.com", 1],
  ["x, example.com:443 ,y", "example.com", 443],
  ["x example.com", "example.com", 443],
  ["192.0.2.1", "192.0.2.1", 1],
  ["192.0.2.1:80", "192.0.2.1", 80],
  ["10.0.0.0/8", "10.255.0.1", 1],
  ["10.128.0.0/9", "10.128.0.1", 1],
  ["0.0.0.0/0", "192.0.2.1", 1],
  ["2001:db8::1", "2001:db8:0::1", 1],
  ["[2001:db8::1]:443", "2001:db8::1", 443],
  ["[2001:db8::1]", "2001:db8::1", 1],
  ["2001:db8::/33", "2001:db8:7fff::1", 1],
];

const OTHERS: readonly [list: string, host: string, port: number][] = [
  ["", "example.com", 1],
  [" , ", "example.com", 1],
  [".", "example.com", 1],
  ["example.com", "badexample.com", 1],
  ["example.com", "example.com.org", 1],
  ["example.com:443", "example.com", 80],
  ["192.0.2.1", "192.0.2.10", 1],
  ["2.1", "192.0.2.1", 1],
  ["192.0.2.1:80", "192.0.2.1", 81],
  ["10.0.0.0/8", "11.0.0.1", 1],
  ["10.128.0.0/9", "10.127.0.1", 1],
  ["10.0.0.0/33", "10.0.0.1", 1],
  ["10.0.0.0/x", "10.0.0.1", 1],
  ["10.0.0.0/8", "10.example.com", 1],
  ["0.0.0.0/0", "2001:db8::1", 1],
  ["2001:db8::/33", "2001:db8:8000::1", 1],
  ["[2001:db8::1]:443", "2001:db8::1", 80],
  ["a:b:c", "a", 1],
];

Deno.test("isListed() finds what an entry names, and nothing else", () => {
  for (const [list, host, port] of LISTED) {
    assertEquals(isListed(list, { host, port }), true, `${list} and ${host}`);
  }
  for (const [list, host, port] of OTHERS) {
    assertEquals(isListed(list, { host, port }), false, `${list} and ${host}`);
  }
});
