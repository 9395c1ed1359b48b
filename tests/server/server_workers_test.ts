import { assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { ffiSupport } from "../../ffi/mod.ts";
import { SILENT } from "../../lib/base/logger.ts";
import { ConfigError, startClient, startServer } from "../../mod.ts";
import { askFor, echo, readExactly, Target, writeAll } from "../e2e/_app.ts";
import { within } from "../ffi/within.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const LOCAL = "127.0.0.1";
const TOKEN = "a token of the tests";
const HELLO = new TextEncoder().encode("hello");
const IGNORE = Deno.build.os !== "linux" || !("listenDatagram" in Deno);

/** Sockets that listen at a port: /proc/net/tcp shows state 0A for them. */
function listeners(port: number): number {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return Deno.readTextFileSync("/proc/self/net/tcp").split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(end) && state === "0A")
    .length;
}

function immediate(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

Deno.test({
  name: "startServer() with workers listens in each and serves all clients",
  ignore: IGNORE,
  // Descriptors of a thread that has ended are closed a moment later.
  sanitizeResources: false,
  async fn() {
    const server = await startServer({
      token: TOKEN,
      hostname: LOCAL,
      port: 0,
      workers: 3,
      gracePeriodMs: 0,
    });
    const { port } = server.addr;
    assertEquals(listeners(port), 3);
    await using target = new Target(echo);
    const client = await startClient({
      url: `ws://${LOCAL}:${port}`,
      token: TOKEN,
      socksPort: 0,
      threads: 8,
      gracePeriodMs: 0,
    });
    try {
      await within(client.ready);
      while (client.counters.count("sessionOpened") < 8) {
        await immediate();
      }
      for (let i = 0; i < 16; i++) {
        const { conn, reply } = await within(
          askFor(client.addr!.port, LOCAL, target.port),
        );
        assertEquals(reply, 0);
        await writeAll(conn, HELLO);
        assertEquals(await within(readExactly(conn, 5)), HELLO);
        conn.close();
      }
    } finally {
      await within(client.close());
      await within(server.close());
    }
    assertEquals(listeners(port), 0);
    // What the threads counted is told at the end.
    assertEquals(server.counters.count("sessionOpened"), 8);
    assertEquals(server.sessionCount, 0);
  },
});

Deno.test("startServer() with workers fails when it cannot listen", {
  ignore: IGNORE,
  sanitizeResources: false,
}, async () => {
  using taken = Deno.listen({ hostname: LOCAL, port: 0 });
  const { port } = taken.addr;
  const options = { token: TOKEN, hostname: LOCAL, port, workers: 2 };
  await within(assertRejects(() => startServer(options), Error, "listen"));
});

/** A worker that the test can reach. */
class KnownWorker extends Worker {
  static readonly all: KnownWorker[] = [];

  constructor(url: string | URL, options?: WorkerOptions) {
    super(url, options);
    KnownWorker.all.push(this);
  }

  /** Its handler of messages throws, and that ends it. */
  die(): void {
    this.postMessage(null);
  }
}

Deno.test(
  "a server goes on when one of its workers dies, and ends with the last",
  {
    ignore: IGNORE,
    sanitizeResources: false,
  },
  async () => {
    const { Worker } = globalThis;
    globalThis.Worker = KnownWorker;
    const died = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let deaths = 0;
    const error = (text: string) => {
      assertEquals(text, "A worker has died");
      died[deaths++]!.resolve();
    };
    const server = await startServer({
      token: TOKEN,
      hostname: LOCAL,
      port: 0,
      workers: 2,
      logger: { ...SILENT, error },
    }).finally(() => globalThis.Worker = Worker);
    const { port } = server.addr;
    const [first, second] = KnownWorker.all;
    first!.die();
    await within(died[0]!.promise);
    while (listeners(port) > 1) await immediate();
    await using target = new Target(echo);
    const client = await startClient({
      url: `ws://${LOCAL}:${port}`,
      token: TOKEN,
      socksPort: 0,
    });
    await within(client.ready);
    const { conn, reply } = await askFor(client.addr!.port, LOCAL, target.port);
    assertEquals(reply, 0);
    await writeAll(conn, HELLO);
    assertEquals(await within(readExactly(conn, 5)), HELLO);
    conn.close();
    await within(client.close());
    second!.die();
    await within(died[1]!.promise);
    await within(server.closed);
  },
);

Deno.test("startServer() refuses a number of workers that is none", async () => {
  for (const workers of [0, -1, 1.5, 257]) {
    await assertRejects(
      () => startServer({ token: TOKEN, port: 0, workers }),
      ConfigError,
      "workers",
    );
  }
});
