import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { startServer, TunnelError } from "../../mod.ts";
import {
  askFor,
  close,
  echo,
  readExactly,
  Target,
  writeAll,
} from "../e2e/_app.ts";
import { fastClock } from "../base/fast_clock.ts";
import { within } from "../ffi/within.ts";
import { REVERSE_TOKEN, testMode, testModes, until } from "./_modes.ts";
import {
  appsGo,
  closedPort,
  halfClose,
  HELLO,
  LOCAL,
  readsNothing,
  refusedTarget,
  requestsAtOnce,
  slowReader,
  transferBothWays,
} from "./_traffic.ts";

const REVERSE = { reverse: { token: REVERSE_TOKEN } };

testModes("reverse mode carries bytes both ways", REVERSE, async (modes) => {
  await modes.provider();
  await transferBothWays(await modes.socksPort());
});

testModes(
  "[31] [35] reverse mode keeps all for an app that reads late",
  REVERSE,
  async (modes) => {
    await modes.provider();
    await slowReader(await modes.socksPort());
  },
);

testModes("reverse mode carries a half-close", REVERSE, async (modes) => {
  await modes.provider();
  await halfClose(await modes.socksPort());
});

testModes(
  "[28] reverse mode loses no byte of 100 requests at once",
  REVERSE,
  async (modes) => {
    await modes.provider();
    await requestsAtOnce(await modes.socksPort());
  },
);

testModes(
  "[32] reverse mode lets targets go when 150 apps have gone",
  REVERSE,
  async (modes) => {
    await modes.provider();
    await appsGo(await modes.socksPort());
  },
);

testModes(
  "[27] reverse mode tells of a target that is not there",
  REVERSE,
  async (modes, { optimistic }) => {
    await modes.provider();
    await refusedTarget(await modes.socksPort(), optimistic);
  },
);

testModes(
  "[34] reverse mode ends apps at once when the provider is lost",
  REVERSE,
  async (modes) => {
    const provider = await modes.provider();
    const port = await modes.socksPort();
    await using target = new Target(async (conn) => {
      await writeAll(conn, HELLO);
      await readsNothing(conn);
    });
    const { conn } = await askFor(port, LOCAL, target.port);
    await readExactly(conn, HELLO.length);
    provider.abort();
    assert(await within(readsNothing(conn), 1000));
    close(conn);
  },
);

testMode(
  "[49] requests go round the providers, and a lost one gets none",
  REVERSE,
  async (modes) => {
    const first = await modes.provider();
    const second = await modes.provider();
    const port = await modes.socksPort();
    await using target = new Target(echo);
    const ask = async () => {
      const { conn, reply } = await askFor(port, LOCAL, target.port);
      assertEquals(reply, 0);
      close(conn);
    };
    const dials = () =>
      [first, second].map(({ counters }) =>
        counters.count("syn", { hop: "target" })
      );
    for (let request = 0; request < 10; request++) await ask();
    assertEquals(dials(), [5, 5]);
    first.abort();
    await until(() => modes.server.sessionCount === 1);
    for (let request = 0; request < 5; request++) await ask();
    assertEquals(dials(), [5, 10]);
  },
);

testMode(
  "[49] a provider that drains gets no new requests and keeps the old",
  REVERSE,
  async (modes) => {
    const first = await modes.provider({ gracePeriodMs: 5000 });
    const port = await modes.socksPort();
    await using target = new Target(echo);
    const { conn } = await askFor(port, LOCAL, target.port);
    await modes.provider();
    const closing = first.close();
    for (let request = 0; request < 4; request++) {
      const { conn, reply } = await askFor(port, LOCAL, target.port);
      assertEquals(reply, 0);
      close(conn);
    }
    await writeAll(conn, HELLO);
    assertEquals(await readExactly(conn, HELLO.length), HELLO);
    close(conn);
    await within(closing);
  },
);

testMode(
  "[49] no request fails while a provider replaces its session",
  REVERSE,
  async (modes) => {
    const provider = await modes.provider({ renewMs: 250 });
    const port = await modes.socksPort();
    await using target = new Target(echo);
    const isReplaced = () => provider.counters.count("sessionOpened") > 2;
    await Promise.all(Array.from({ length: 16 }, async () => {
      while (!isReplaced()) {
        const { conn, reply } = await askFor(port, LOCAL, target.port);
        assertEquals(reply, 0);
        await writeAll(conn, HELLO);
        assertEquals(await readExactly(conn, HELLO.length), HELLO);
        close(conn);
      }
    }));
    await until(() => modes.server.sessionCount === 1);
  },
);

testMode(
  "[60] the port opens when a provider comes",
  REVERSE,
  async (modes) => {
    assertEquals(modes.server.tokens.socksAddr(REVERSE_TOKEN), undefined);
    await modes.provider();
    const port = await modes.socksPort();
    await using target = new Target(echo);
    const { conn, reply } = await askFor(port, LOCAL, target.port);
    assertEquals(reply, 0);
    close(conn);
  },
);

testMode(
  "[60] the port opens at once with socksNoWait, and an app waits",
  { ...REVERSE, socksNoWait: true },
  async (modes) => {
    const { port } = modes.server.tokens.socksAddr(REVERSE_TOKEN)!;
    await using target = new Target(echo);
    const asking = askFor(port, LOCAL, target.port);
    await modes.provider();
    const { conn, reply } = await within(asking);
    assertEquals(reply, 0);
    close(conn);
  },
);

testMode(
  "[50] an app without a provider gets 3 after 10 s",
  { ...REVERSE, socksNoWait: true },
  async (modes) => {
    using _fast = fastClock();
    const { port } = modes.server.tokens.socksAddr(REVERSE_TOKEN)!;
    const since = performance.now();
    const { conn, reply } = await within(askFor(port, LOCAL, 80), 15_000);
    const waitedMs = performance.now() - since;
    assertEquals(reply, 3);
    assert(waitedMs > 9500 && waitedMs < 40_000, `after ${waitedMs} ms`);
    close(conn);
  },
);

testMode(
  "[59] removing a reverse token closes its clients and frees the port",
  { reverse: { token: REVERSE_TOKEN, connectorToken: "c" } },
  async (modes) => {
    const provider = await modes.provider();
    const port = await modes.socksPort();
    const connector = await modes.client({ token: "c" });
    await using target = new Target(echo);
    const { conn } = await askFor(port, LOCAL, target.port);
    assertEquals(modes.server.tokens.remove(REVERSE_TOKEN), true);
    assert(await within(readsNothing(conn)));
    close(conn);
    for (const { closed } of [provider, connector]) {
      const error = await within(assertRejects(() => closed, TunnelError));
      assertEquals(error.code, "auth");
    }
    Deno.listen({ hostname: LOCAL, port }).close();
    assertEquals(modes.server.tokens.snapshot(), []);
    assertEquals(modes.server.tokens.remove(REVERSE_TOKEN), false);
  },
);

testMode(
  "apps log in with the name and password of the reverse token",
  { reverse: { token: REVERSE_TOKEN, username: "me", password: "secret" } },
  async (modes) => {
    await modes.provider();
    const port = await modes.socksPort();
    const conn = await Deno.connect({ hostname: LOCAL, port });
    await writeAll(conn, new Uint8Array([5, 1, 2]));
    assertEquals(await readExactly(conn, 2), new Uint8Array([5, 2]));
    const login = [1, 2, ...new TextEncoder().encode("me"), 6];
    login.push(...new TextEncoder().encode("secret"));
    await writeAll(conn, new Uint8Array(login));
    assertEquals(await readExactly(conn, 2), new Uint8Array([1, 0]));
    close(conn);
    const stranger = await Deno.connect({ hostname: LOCAL, port });
    await writeAll(stranger, new Uint8Array([5, 1, 0]));
    assertEquals(await readExactly(stranger, 2), new Uint8Array([5, 255]));
    close(stranger);
  },
);

testMode(
  "several reverse tokens have ports and providers of their own",
  { reverse: [{ token: "one" }, { token: "two" }] },
  async (modes) => {
    const one = await modes.provider({ token: "one" });
    const two = await modes.provider({ token: "two" });
    await using target = new Target(echo);
    const { token: three } = modes.server.tokens.addReverse({});
    await modes.provider({ token: three });
    for (const token of ["two", "two", "one", three]) {
      const port = await modes.socksPort(token);
      const { conn, reply } = await askFor(port, LOCAL, target.port);
      assertEquals(reply, 0);
      close(conn);
    }
    assertEquals(one.counters.count("dialFailed"), 0);
    assertEquals(two.counters.count("dialFailed"), 0);
    assertEquals(
      modes.server.tokens.snapshot().map((one) => one.clientsCount),
      [1, 1, 1],
    );
  },
);

testMode(
  "[58] tokens of all kinds share one name space",
  { token: "f", reverse: { token: REVERSE_TOKEN, connectorToken: "c" } },
  ({ server: { tokens } }) => {
    const { token: other } = tokens.addReverse({});
    for (const taken of ["f", "c", REVERSE_TOKEN, "anonymous"]) {
      for (
        const add of [
          () => tokens.addForward(taken),
          () => tokens.addReverse({ token: taken }),
          () => tokens.addConnector({ token: taken, reverse: other }),
        ]
      ) assertThrows(add, TunnelError);
    }
    const { token } = tokens.addForward();
    assertMatch(token, /^[0-9a-f]{16}$/);
    assertThrows(
      () => tokens.addConnector({ reverse: "f" }),
      TunnelError,
      "reverse token does not exist",
    );
    return Promise.resolve();
  },
);

testMode("a token admits its own role only", {
  token: "f",
  ...REVERSE,
}, async (modes) => {
  for (
    const options of [
      { token: "f", reverse: true },
      { token: REVERSE_TOKEN, reverse: false },
    ]
  ) {
    const client = await modes.client(options, false);
    const error = await within(
      assertRejects(() => client.closed, TunnelError),
    );
    assertEquals(error.code, "auth");
    assertMatch(error.message, /^Cannot connect to .+: invalid token$/);
  }
});

Deno.test("startServer() fails when a port at once cannot be had", async () => {
  using taken = Deno.listen({ hostname: LOCAL, port: 0 });
  const start = (socksNoWait: boolean) =>
    startServer({
      hostname: LOCAL,
      port: closedPort(),
      reverse: { token: REVERSE_TOKEN, port: taken.addr.port },
      socksNoWait,
    });
  await assertRejects(() => start(true), TunnelError);
  const server = await start(false);
  await server.close();
});
