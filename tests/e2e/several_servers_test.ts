import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { startClient, startServer } from "../../mod.ts";
import { within } from "../ffi/within.ts";
import { askFor, echo, readExactly, Target, writeAll } from "./_app.ts";
import { testVariants, TOKEN } from "./_stage.ts";

const LOCAL = "127.0.0.1";
const HELLO = new TextEncoder().encode("hello");

async function assertEchoes(socksPort: number, port: number): Promise<void> {
  const { conn, reply } = await within(askFor(socksPort, LOCAL, port), 12_000);
  assertEquals(reply, 0);
  await writeAll(conn, HELLO);
  assertEquals(await within(readExactly(conn, HELLO.length)), HELLO);
  conn.close();
}

/** Lets turns of the loop pass until `holds`. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}

testVariants(
  "startClient() uses one of several servers, and another one when it is lost",
  async ({ backend, optimistic }) => {
    const options = { token: TOKEN, hostname: LOCAL, port: 0, backend };
    const servers = [
      await startServer({ ...options, gracePeriodMs: 0 }),
      await startServer({ ...options, gracePeriodMs: 0 }),
    ];
    const refused = Deno.listen({ hostname: LOCAL, port: 0 });
    const dead = refused.addr.port;
    refused.close();
    await using target = new Target(echo);
    const ports = [dead, ...servers.map(({ addr }) => addr.port)];
    const client = await startClient({
      url: ports.map((port) => `ws://${LOCAL}:${port}`),
      token: TOKEN,
      socksPort: 0,
      backend,
      optimistic,
      gracePeriodMs: 0,
    });
    try {
      await within(client.ready);
      await assertEchoes(client.addr!.port, target.port);
      // The slower one was left again.
      await within(
        until(() =>
          servers.filter(({ sessionCount }) => sessionCount === 1).length === 1
        ),
      );
      const used = servers.findIndex(({ sessionCount }) => sessionCount === 1);
      await within(servers[used]!.close());
      await within(until(() => client.counters.count("sessionClosed") === 1));
      await assertEchoes(client.addr!.port, target.port);
      assertEquals(servers[1 - used]!.sessionCount, 1);
    } finally {
      await within(client.close());
      for (const server of servers) await within(server.close());
    }
  },
  ({ optimistic }) => !optimistic,
);
