import { assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { startClient, startServer } from "../../mod.ts";
import { within } from "../ffi/within.ts";

/** More than the runtime's pool has threads, which is 32. */
const CLIENTS = 40;
/** Longer than tunnels take to settle. */
const IDLE_MS = 500;
const TOKEN = "a token of the tests";
const GREETING = new Uint8Array([5, 1, 0]);

// The C library stays open once it was opened: that must not be inside a test.
const HAS_EPOLL = ffiSupport().supported;

/** The answer of a SOCKS port to a greeting, twice: the second finds it idle. */
async function greet(port: number): Promise<void> {
  for (let i = 0; i < 2; i++) {
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(GREETING);
    const answer = new Uint8Array(2);
    assertEquals(await conn.read(answer), 2);
    assertEquals(answer, new Uint8Array([5, 0]));
  }
}

Deno.test({
  name: "40 idle clients in one program leave the runtime its threads",
  ignore: !HAS_EPOLL,
  async fn() {
    const server = await startServer({
      token: TOKEN,
      hostname: "127.0.0.1",
      port: 0,
      gracePeriodMs: 0,
    });
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () =>
        startClient({
          url: `ws://127.0.0.1:${server.addr.port}`,
          token: TOKEN,
          socksPort: 0,
          backend: "epoll",
          gracePeriodMs: 0,
        })),
    );
    try {
      await within(Promise.all(clients.map(({ ready }) => ready)), 20_000);
      // Idle time is the point: loops of their own would each hold a thread then.
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      await within(Deno.readTextFile(new URL(import.meta.url)));
      await within(
        Promise.all(clients.map(({ addr }) => greet(addr!.port))),
        20_000,
      );
    } finally {
      await within(Promise.all(clients.map((client) => client.close())));
      await within(server.close(), 10_000);
    }
  },
});
