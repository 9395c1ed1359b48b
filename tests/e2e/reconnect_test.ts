import { assertEquals, assertRejects } from "@std/assert";
import { startClient, startServer, TunnelError } from "../../mod.ts";
import { fastClock } from "../base/fast_clock.ts";
import { within } from "../ffi/within.ts";
import { echo, Target } from "./_app.ts";
import { assertEchoes, until } from "./_echo.ts";
import { onStage, testVariants, TOKEN } from "./_stage.ts";

const LOCAL = "127.0.0.1";
testVariants(
  "[20] startClient() reconnects to a server that restarts",
  (variant) =>
    onStage(variant, async ({ server, client, socksPort }) => {
      using _fast = fastClock();
      await using target = new Target(echo);
      await assertEchoes(socksPort, target.port);
      const { port } = server.addr;
      await within(server.close());
      await within(until(() => client.counters.count("sessionClosed") > 0));
      const { backend } = variant;
      const again = await startServer({
        token: TOKEN,
        hostname: LOCAL,
        port,
        backend,
        gracePeriodMs: 0,
      });
      try {
        // The request waits for the session that comes.
        await assertEchoes(socksPort, target.port);
        assertEquals(client.counters.count("sessionOpened"), 2);
      } finally {
        await client.close();
        await within(again.close());
      }
    }),
);

testVariants(
  "[19] startClient() ends when its token is rejected",
  async (variant) => {
    const { backend, optimistic } = variant;
    const server = await startServer({
      token: TOKEN,
      hostname: LOCAL,
      port: 0,
      backend,
      gracePeriodMs: 0,
    });
    const { port } = server.addr;
    for (const path of ["", "/socket/"]) {
      const client = await startClient({
        url: `ws://${LOCAL}:${port}${path}`,
        token: "another",
        socksPort: 0,
        backend,
        optimistic,
      });
      for (const promise of [client.ready, client.closed]) {
        const error = await within(assertRejects(() => promise, TunnelError));
        assertEquals(error.code, "auth");
        assertEquals(
          error.message,
          `Cannot connect to ${LOCAL}:${port}: invalid token`,
        );
      }
      assertEquals(client.addr, undefined);
      await client.close().catch(() => {});
    }
    assertEquals(server.sessionCount, 0);
    await within(server.close());
  },
);

testVariants(
  "[3] [5] startClient() logs in with the first message",
  (variant) =>
    onStage(variant, async ({ server }) => {
      const client = await startClient({
        url: `ws://${LOCAL}:${server.addr.port}/socket/`,
        token: TOKEN,
        socksPort: 0,
        backend: variant.backend,
        optimistic: variant.optimistic,
      });
      await within(client.ready);
      await using target = new Target(echo);
      await assertEchoes(client.addr!.port, target.port);
      await within(client.close());
    }),
);
