import { assert, assertEquals, assertRejects } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { followLocation, mayBeRedirect } from "../../lib/transport/redirect.ts";
import { UpgradeError } from "../../lib/transport/upgrade_error.ts";
import { hashToken } from "../../lib/wire/token.ts";

const IDENTITY = {
  token: "a secret",
  reverse: false,
  instance: "00000000-0000-4000-8000-000000000000",
};
const HASH = await hashToken(IDENTITY.token);

function follow(from: string, to: string, followHosts = false) {
  const options = { url: new URL(from), identity: IDENTITY, followHosts };
  return followLocation(new URL(to), options);
}

const SAME_HOST = [
  ["ws://h/socket", "ws://h/socket"],
  ["ws://h:80/", "ws://h/socket"],
  ["ws://h/", "wss://h/socket"],
  ["ws://h:8765/", "wss://h:8443/socket"],
  ["wss://h/", "wss://h:8443/socket"],
] as const;

const OTHER_HOST = [
  ["ws://h/", "ws://other/socket"],
  ["ws://h/", "wss://other/socket"],
  ["ws://h/", "ws://h.other/socket"],
  ["ws://h/", "ws://h:8080/socket"],
  ["wss://h/", "ws://h/socket"],
  ["wss://h/", "ws://h:443/socket"],
] as const;

for (const [from, to] of SAME_HOST) {
  Deno.test(`followLocation() logs in from ${from} to ${to}`, async () => {
    const { url, authenticated } = await follow(from, to);
    assertEquals(authenticated, true);
    assertEquals(url.searchParams.get("token"), HASH);
    assertEquals(url.searchParams.get("reverse"), "false");
    // On other paths the token goes as a message.
    const other = await follow(from, to.replace("/socket", "/x/socket"));
    assertEquals(other.authenticated, false);
    assertEquals(other.url.search, "");
  });
}

for (const [from, to] of OTHER_HOST) {
  Deno.test(`followLocation() shows no token from ${from} to ${to}`, async () => {
    const own = `${to}?token=${HASH}`;
    const message = to.replace("/socket", "/x");
    const upper = `${to}?token=${HASH.toUpperCase()}`;
    for (const location of [to, own, upper, message, `${to}?token=`]) {
      const error = await assertRejects(
        () => follow(from, location),
        TunnelError,
        "followHosts",
      );
      assertEquals(error.code, "denied");
      assert(!error.message.includes(HASH));
    }
    const { url, authenticated } = await follow(from, to, true);
    assertEquals(authenticated, true);
    assertEquals(url.searchParams.get("token"), HASH);
    assertEquals((await follow(from, message, true)).authenticated, false);
  });
}

Deno.test("followLocation() uses the token of the location", async () => {
  for (const to of ["ws://h/socket", "ws://other/x"]) {
    const { url, authenticated } = await follow("ws://h/", `${to}?a=1&token=t`);
    assertEquals(url.href, `${to}?a=1&token=t`);
    assertEquals(authenticated, true);
  }
});

Deno.test("[21] mayBeRedirect() knows the statuses that lead somewhere", () => {
  const ws = new URL("ws://h/");
  const failure = (status: number) =>
    new UpgradeError(
      `NetworkError: failed to connect to WebSocket: Invalid status code: ${status}`,
    );
  for (const status of [301, 302, 303, 307, 308]) {
    assertEquals(mayBeRedirect(failure(status), ws), true);
  }
  for (const status of [200, 300, 304, 305, 404, 503]) {
    assertEquals(mayBeRedirect(failure(status), ws), false);
  }
});

Deno.test("mayBeRedirect() cannot know it behind TLS, if a server was reached", () => {
  const wss = new URL("wss://h/");
  assertEquals(mayBeRedirect(new UpgradeError("x"), wss), true);
  assertEquals(mayBeRedirect(new TunnelError("failed", "x"), wss), false);
  assertEquals(mayBeRedirect(new Error("x"), wss), false);
});
