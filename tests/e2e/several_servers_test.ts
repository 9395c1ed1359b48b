import { assertEquals } from "@std/assert";
import { startClient, startServer } from "../../mod.ts";
import { fastClock } from "../base/fast_clock.ts";
import { within } from "../ffi/within.ts";
import { echo, Target } from "./_app.ts";
import { assertEchoes, until } from "./_echo.ts";
import { testVariants, TOKEN } from "./_stage.ts";

const LOCAL = "127.0.0.1";
testVariants(
  "startClient() uses one of several servers, and another one when it is lost",
  async ({ backend, optimistic }) => {
    using _fast = fastClock();
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
