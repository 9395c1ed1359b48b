import { assertEquals } from "@std/assert";
import { startClient, startServer } from "../../mod.ts";
import { within } from "../ffi/within.ts";
import { close, echo, Target } from "./_app.ts";
import { askForEcho as connect, assertEchoed, until } from "./_echo.ts";
import { onStage, testVariants, TOKEN } from "./_stage.ts";

const LOCAL = "127.0.0.1";
testVariants(
  "startClient() renews its WebSocket without breaking a request",
  (variant) =>
    onStage(variant, async ({ server, client, socksPort }) => {
      await using target = new Target(echo);
      const old = await connect(socksPort, target.port);
      await assertEchoed(old);
      await within(until(() => client.counters.count("sessionOpened") === 2));
      // The old one lives for its request only.
      assertEquals(server.sessionCount, 2);
      await assertEchoed(old);
      const next = await connect(socksPort, target.port);
      await assertEchoed(next);
      assertEquals(client.counters.count("sessionClosed"), 0);
      old.close();
      await within(until(() => client.counters.count("sessionClosed") === 1));
      await assertEchoed(next);
      next.close();
    }, { renewMs: 1100 }),
  ({ optimistic }) => optimistic,
);

/** A balancer: joins each conn to the port that `port` names then. */
class Balancer {
  readonly #listener = Deno.listen({ hostname: LOCAL, port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  readonly #done: Promise<void>;
  port: number;

  constructor(port: number) {
    this.port = port;
    this.#done = this.#run();
  }

  get url(): string {
    return `ws://${LOCAL}:${this.#listener.addr.port}`;
  }

  async #run(): Promise<void> {
    const joined: Promise<void>[] = [];
    for await (const near of this.#listener) {
      const far = await Deno.connect({ hostname: LOCAL, port: this.port });
      this.#conns.add(near).add(far);
      joined.push(near.readable.pipeTo(far.writable).catch(() => {}));
      joined.push(far.readable.pipeTo(near.writable).catch(() => {}));
    }
    await Promise.all(joined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) close(conn);
    await this.#done;
  }
}

testVariants(
  "startClient() goes to the next server before a draining one ends",
  async ({ backend, optimistic }) => {
    const options = { token: TOKEN, hostname: LOCAL, port: 0, backend };
    const first = await startServer({ ...options, gracePeriodMs: 10_000 });
    const second = await startServer({ ...options, gracePeriodMs: 0 });
    await using target = new Target(echo);
    await using balancer = new Balancer(first.addr.port);
    const client = await startClient({
      url: balancer.url,
      token: TOKEN,
      socksPort: 0,
      backend,
      optimistic,
      gracePeriodMs: 0,
    });
    try {
      await within(client.ready);
      const socksPort = client.addr!.port;
      const old = await connect(socksPort, target.port);
      await assertEchoed(old);
      balancer.port = second.addr.port;
      const closed = first.close();
      await within(until(() => client.counters.count("sessionOpened") === 2));
      assertEquals(second.sessionCount, 1);
      assertEquals(client.counters.count("sessionClosed"), 0);
      const next = await connect(socksPort, target.port);
      await assertEchoed(next);
      await assertEchoed(old);
      old.close();
      await within(closed);
      await assertEchoed(next);
      next.close();
    } finally {
      await within(client.close());
      await within(first.close());
      await within(second.close());
    }
  },
  ({ optimistic }) => optimistic,
);

testVariants(
  "[25] startClient() opens and uses three WebSockets",
  (variant) =>
    onStage(variant, async ({ server, client, socksPort }) => {
      await using target = new Target(echo);
      await within(until(() => client.counters.count("sessionOpened") === 3));
      assertEquals(server.sessionCount, 3);
      const conns: Deno.TcpConn[] = [];
      for (let i = 0; i < 9; i++) {
        const conn = await connect(socksPort, target.port);
        await assertEchoed(conn);
        conns.push(conn);
      }
      for (const conn of conns) conn.close();
    }, { threads: 3 }),
  ({ optimistic }) => optimistic,
);
