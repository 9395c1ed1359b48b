import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import {
  authenticateUrl,
  normalizeTunnelUrl,
} from "../../lib/transport/tunnel_url.ts";
import { hashToken } from "../../lib/wire/token.ts";

const NORMAL: readonly [typed: string, url: string][] = [
  ["l.zetx.tech", "wss://l.zetx.tech/socket"],
  ["localhost:8765", "wss://localhost:8765/socket"],
  ["http://h:8765", "ws://h:8765/socket"],
  ["HTTP://h:8765", "ws://h:8765/socket"],
  ["ws://h:8765/", "ws://h:8765/socket"],
  ["https://h/?a=b", "wss://h/socket?a=b"],
  ["ws://h:8765/socket/", "ws://h:8765/socket/"],
  ["wss://h/x/socket", "wss://h/x/socket"],
  ["wss://[::1]:1/x", "wss://[::1]:1/x"],
];

Deno.test("[1] normalizeTunnelUrl() adds scheme and path", () => {
  for (const [typed, url] of NORMAL) {
    assertEquals(normalizeTunnelUrl(typed).href, url, typed);
  }
});

Deno.test("normalizeTunnelUrl() refuses what is no tunnel", () => {
  for (const typed of ["ftp://h", "", "ws://", "ws://h:99999"]) {
    assertThrows(() => normalizeTunnelUrl(typed), ConfigError);
  }
});

const IDENTITY = {
  token: "secret",
  reverse: false,
  instance: "00112233-4455-4677-8899-aabbccddeeff",
};

Deno.test("[2] authenticateUrl() puts the hash into /socket", async () => {
  const from = new URL("wss://h/socket?z=1&a=b&token=old#f");
  const { url, authenticated } = await authenticateUrl(from, IDENTITY);
  const hash = await hashToken("secret");
  assertEquals(authenticated, true);
  assertEquals(
    url.href,
    `wss://h/socket?a=b&instance=${IDENTITY.instance}&reverse=false` +
      `&token=${hash}&z=1`,
  );
});

Deno.test("[3] authenticateUrl() leaves other paths as they are", async () => {
  for (const text of ["ws://h/socket/", "ws://h/x?a=b"]) {
    const result = await authenticateUrl(new URL(text), IDENTITY);
    assertEquals(result.authenticated, false);
    assertEquals(result.url.href, text);
  }
});
