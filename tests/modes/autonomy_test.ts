import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { ConnectorResponseMessage } from "../../lib/wire/messages.ts";
import { TunnelError } from "../../mod.ts";
import { askFor, close, Target, writeAll } from "../e2e/_app.ts";
import { within } from "../ffi/within.ts";
import { type Modes, REVERSE_TOKEN, testMode, testModes } from "./_modes.ts";
import { RawClient } from "./_raw_client.ts";
import {
  appsGo,
  halfClose,
  HELLO,
  LOCAL,
  readsNothing,
  requestsAtOnce,
  transferBothWays,
} from "./_traffic.ts";

const AUTONOMY = { reverse: { token: REVERSE_TOKEN, autonomy: true } };
const WAITING = { ...AUTONOMY, connectorWaitMs: 100 };

/** Asks a server about a connector token. */
async function ask(
  client: RawClient,
  operation: "add" | "remove",
  token: string,
): Promise<ConnectorResponseMessage> {
  const requestId = crypto.getRandomValues(new Uint8Array(16));
  client.send({ type: "connector", requestId, token, operation });
  const answer = await client.next("connectorResponse");
  assertEquals(answer.requestId, requestId);
  return answer;
}

/** Opens a channel through `connector`; gives the provider that was asked. */
async function reached(
  connector: RawClient,
  providers: readonly RawClient[],
): Promise<RawClient> {
  const id = crypto.getRandomValues(new Uint8Array(16));
  const host = crypto.randomUUID();
  connector.send({ type: "connect", protocol: "tcp", id, host, port: 80 });
  return await Promise.any(providers.map(async (provider) => {
    for (;;) {
      const asked = await provider.next("connect");
      if (asked.host !== host) continue;
      const error = "seen";
      const { id } = asked;
      provider.send({ type: "connectResponse", ok: false, id, error });
      const answer = await connector.next("connectResponse");
      assertEquals(answer.error, error);
      return provider;
    }
  }));
}

function raw(
  modes: Modes,
  options: { instance?: string; byMessage?: boolean } = {},
): Promise<RawClient> {
  return RawClient.connect(modes, REVERSE_TOKEN, { reverse: true, ...options });
}

testModes("[56] autonomy carries bytes both ways", AUTONOMY, async (modes) => {
  await modes.provider({ connectorToken: "mine" });
  const port = await modes.connector({ token: "mine" });
  await transferBothWays(port);
  await halfClose(port);
  await requestsAtOnce(port);
  await appsGo(port);
});

testMode(
  "autonomy opens no SOCKS port at the server",
  AUTONOMY,
  async (modes) => {
    await modes.provider({ connectorToken: "mine" });
    assertEquals(modes.server.tokens.socksAddr(REVERSE_TOKEN), undefined);
    const [reverse, group] = modes.server.tokens.snapshot();
    assertEquals(reverse!.port, -1);
    assertEquals(group!.connectorTokens, ["mine"]);
  },
);

for (const byMessage of [false, true]) {
  const way = byMessage ? "AUTH" : "URL";

  testMode(
    `[56] a connector reaches only its provider (${way})`,
    WAITING,
    async (modes) => {
      await using one = await raw(modes, { byMessage });
      await using two = await raw(modes, { byMessage });
      await ask(one, "add", "for one");
      await ask(two, "add", "for two");
      await using toTwo = await RawClient.connect(modes, "for two", {});
      for (let request = 0; request < 3; request++) {
        assert(await reached(toTwo, [two]) === two);
      }
      assert(!one.messages.some(({ type }) => type === "connect"));
    },
  );

  testMode(
    `[56] a token works again when its instance has returned (${way})`,
    WAITING,
    async (modes) => {
      const instance = crypto.randomUUID();
      const first = await raw(modes, { instance, byMessage });
      await ask(first, "add", "mine");
      await using connector = await RawClient.connect(modes, "mine", {});
      assert(await reached(connector, [first]) === first);
      await first[Symbol.asyncDispose]();
      await using second = await raw(modes, { instance, byMessage });
      assert(await reached(connector, [second]) === second);
      assertEquals((await ask(second, "add", "mine")).ok, true);
    },
  );

  testMode(
    `[56] another instance takes a token over when nobody is there (${way})`,
    WAITING,
    async (modes) => {
      const first = await raw(modes, { byMessage });
      await using second = await raw(modes, { byMessage });
      await ask(first, "add", "mine");
      const refused = await ask(second, "add", "mine");
      assertEquals(
        [refused.ok, refused.error],
        [false, "connector token already exists"],
      );
      const old = await RawClient.connect(modes, "mine", {});
      await first[Symbol.asyncDispose]();
      assertEquals((await ask(second, "add", "mine")).ok, true);
      // Whoever was connected to the first comes again.
      await within(old.closed);
      await old[Symbol.asyncDispose]();
      await using connector = await RawClient.connect(modes, "mine", {});
      assert(await reached(connector, [second]) === second);
    },
  );
}

testMode("[55] connector tokens are added and removed", {
  ...AUTONOMY,
  token: "forward",
}, async (modes) => {
  await using one = await raw(modes);
  await using two = await raw(modes);
  const added = await ask(one, "add", "mine");
  assertEquals([added.ok, added.token], [true, "mine"]);
  const again = await ask(one, "add", "mine");
  assertEquals([again.ok, again.token], [true, "mine"]);
  const made = await ask(one, "add", "");
  assertMatch(made.token!, /^[0-9a-f]{16}$/);
  for (const taken of ["forward", REVERSE_TOKEN]) {
    const { ok, error } = await ask(one, "add", taken);
    assertEquals([ok, error], [false, "connector token already exists"]);
  }
  const reserved = await ask(one, "add", "anonymous");
  assertEquals(reserved.ok, false);
  assertMatch(reserved.error!, /reserved/);
  // What belongs to others is not touched, and nobody is told that it exists.
  for (const name of ["mine", "forward", REVERSE_TOKEN, "nothing"]) {
    const { ok, token } = await ask(two, "remove", name);
    assertEquals([ok, token], [true, undefined]);
  }
  const connector = await RawClient.connect(modes, "mine", {});
  assertEquals((await ask(one, "remove", "mine")).ok, true);
  await within(connector.closed);
  await connector[Symbol.asyncDispose]();
  await assertRejects(
    () => RawClient.connect(modes, "mine", {}),
    Error,
    "invalid token",
  );
});

testMode(
  "[55] a connector that sends CONNECTOR gets no answer",
  AUTONOMY,
  async (modes) => {
    await using provider = await raw(modes);
    await ask(provider, "add", "mine");
    await using connector = await RawClient.connect(modes, "mine", {});
    const requestId = crypto.getRandomValues(new Uint8Array(16));
    const token = "more";
    connector.send({ type: "connector", requestId, token, operation: "add" });
    await reached(connector, [provider]);
    assert(
      !connector.messages.some(({ type }) => type === "connectorResponse"),
    );
  },
);

testMode(
  "[56] a provider registers its connector token after each connect",
  AUTONOMY,
  async (modes) => {
    const provider = await modes.provider({
      connectorToken: "mine",
      renewMs: 300,
    });
    const port = await modes.connector({ token: "mine" });
    await halfClose(port, 1);
    // Its session is replaced meanwhile, and once more.
    while (provider.counters.count("sessionOpened") < 3) {
      await halfClose(port, 5);
    }
    const [, group] = modes.server.tokens.snapshot();
    assertEquals(group!.connectorTokens, ["mine"]);
  },
);

testMode(
  "a provider ends when its connector token is not wanted",
  { ...AUTONOMY, token: "taken" },
  async (modes) => {
    const options = { reverse: true, connectorToken: "taken" };
    const client = await modes.client(options, false);
    const error = await within(
      assertRejects(() => client.closed, TunnelError),
    );
    assertEquals(error.code, "auth");
    assertMatch(error.message, /connector token already exists/);
  },
);

testMode(
  "[59] removing the reverse token ends providers and connectors",
  AUTONOMY,
  async (modes) => {
    const provider = await modes.provider({ connectorToken: "mine" });
    const connector = await modes.client({ token: "mine" });
    await using target = new Target(async (conn) => {
      await writeAll(conn, HELLO);
      await readsNothing(conn);
    });
    const { conn } = await askFor(connector.addr!.port, LOCAL, target.port);
    modes.server.tokens.remove(REVERSE_TOKEN);
    for (const { closed } of [provider, connector]) {
      await within(assertRejects(() => closed, TunnelError));
    }
    close(conn);
    assertEquals(modes.server.tokens.snapshot(), []);
  },
);
