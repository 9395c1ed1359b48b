import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../lib/cli/main.ts";
import { FakeWorld } from "./fake_context.ts";

Deno.test("server passes its upstream proxy on", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["-x", "socks5://h:1081"], "server", world), 0);
  assertEquals(world.serverStart!.upstreamProxy, "socks5://h:1081");
  const other = new FakeWorld({ LINKSOCKS_UPSTREAM_PROXY: "http://h" });
  assertEquals(await main([], "server", other), 0);
  assertEquals(other.serverStart!.upstreamProxy, "http://h");
  const reverse = new FakeWorld();
  assertEquals(await main(["-r", "-x", "http://h"], "server", reverse), 2);
  assertEquals(reverse.serverStart, undefined);
});

Deno.test("server refuses an upstream proxy that it cannot use, and hides its password", async () => {
  for (
    const url of ["https://me:secret@h", "me:secret@h", "socks5://secret@h"]
  ) {
    const world = new FakeWorld();
    assertEquals(await main(["-x", url], "server", world), 2);
    const text = world.stderr.join("\n");
    assertStringIncludes(text, "--upstream-proxy");
    assertEquals(text.includes("secret"), false);
    assertEquals(world.serverStart, undefined);
  }
});

Deno.test("[22] client looks for proxies in its environment unless it is told not to", async () => {
  const world = new FakeWorld({ HTTPS_PROXY: "http://proxy" });
  assertEquals(await main(["--follow-hosts"], "client", world), 0);
  const { environmentProxy, followHosts } = world.clientStart!;
  assertEquals(environmentProxy?.("HTTPS_PROXY"), "http://proxy");
  assertEquals(followHosts, true);
  const other = new FakeWorld({ HTTPS_PROXY: "http://proxy" });
  assertEquals(await main(["-E"], "client", other), 0);
  assertEquals("environmentProxy" in other.clientStart!, false);
  assertEquals("followHosts" in other.clientStart!, false);
});

Deno.test("client takes an upstream proxy as a provider only", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["-r", "-x", "http://h"], "client", world), 0);
  assertEquals(world.clientStart!.upstreamProxy, "http://h");
  const other = new FakeWorld();
  assertEquals(await main(["-x", "http://h"], "client", other), 2);
  assertStringIncludes(other.stderr.join("\n"), "--upstream-proxy");
  assertEquals(other.clientStart, undefined);
});
