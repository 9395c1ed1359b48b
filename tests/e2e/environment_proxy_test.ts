import { assertEquals, assertRejects } from "@std/assert";
import { fastOpenSupport, startClient, startServer } from "../../mod.ts";
import { ConfigError } from "../../lib/base/errors.ts";
import { within } from "../ffi/within.ts";
import { bytesOf, ConnectProxy } from "../dial/_proxies.ts";
import { askFor, echo, readExactly, Target, writeAll } from "./_app.ts";
import { onStage, testVariants, TOKEN } from "./_stage.ts";

const FAST_OPEN = fastOpenSupport().dial.supported;
const LOCAL = "127.0.0.1";
const HELLO = bytesOf("hello");

async function exchange(socksPort: number): Promise<void> {
  await using target = new Target(echo);
  const { conn, reply } = await askFor(socksPort, LOCAL, target.port);
  assertEquals(reply, 0);
  await writeAll(conn, HELLO);
  assertEquals(await readExactly(conn, HELLO.length), HELLO);
  conn.close();
}

testVariants(
  "[22] a client reaches its server through a proxy of the environment",
  async (variant) => {
    const { backend } = variant;
    const options = {
      token: TOKEN,
      hostname: LOCAL,
      port: 0,
      gracePeriodMs: 0,
    };
    const server = await startServer({ ...options, backend });
    try {
      await using proxy = new ConnectProxy();
      const variables: Record<string, string> = {
        HTTP_PROXY: `me:pw@${LOCAL}:${proxy.port}`,
      };
      // Only the proxy knows this name.
      const host = `server.test:${server.addr.port}`;
      await onStage(variant, async ({ socksPort }) => {
        await exchange(socksPort);
        assertEquals(proxy.heads.map((head) => head.split("\r\n")), [[
          `CONNECT ${host} HTTP/1.1`,
          `Host: ${host}`,
          "Proxy-Authorization: Basic bWU6cHc=",
          "",
          "",
        ]]);
      }, {
        url: `ws://${host}`,
        environmentProxy: (name) => variables[name],
      });
    } finally {
      await within(server.close());
    }
  },
  ({ optimistic }) => !optimistic,
);

testVariants(
  "a client goes to this machine without a proxy",
  (variant) =>
    onStage(variant, ({ socksPort }) => exchange(socksPort), {
      environmentProxy: (name) =>
        name === "HTTP_PROXY" ? `http://${LOCAL}:1` : undefined,
    }),
  ({ optimistic }) => !optimistic,
);

// The built-in client goes around its proxy, which is our bridge, for such hosts;
// the client of ours waited for its bridge for ever.
testVariants(
  "a client uses its own sockets whatever NO_PROXY says",
  async (variant) => {
    const before = Deno.env.get("NO_PROXY");
    Deno.env.set("NO_PROXY", "*");
    try {
      await onStage(variant, async ({ client, socksPort }) => {
        await exchange(socksPort);
        assertEquals(Deno.env.get("NO_PROXY"), "*");
        const labels = { hop: "tunnel", result: "off" };
        const off = client.counters.count("syn", labels);
        assertEquals(off, variant.backend === "epoll" && FAST_OPEN ? 0 : 1);
      });
    } finally {
      if (before === undefined) Deno.env.delete("NO_PROXY");
      else Deno.env.set("NO_PROXY", before);
    }
  },
  ({ optimistic }) => !optimistic,
);

Deno.test("a client names the variable whose proxy it cannot use", async () => {
  const error = await assertRejects(
    () =>
      startClient({
        url: "wss://server.test",
        token: TOKEN,
        environmentProxy: (name) =>
          name === "HTTPS_PROXY" ? "https://proxy.test" : undefined,
      }),
    ConfigError,
  );
  assertEquals(error.field, "HTTPS_PROXY");
});
