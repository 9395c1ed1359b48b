import { assert, assertEquals, assertRejects } from "@std/assert";
import { fastOpenSupport, TunnelError } from "../../mod.ts";
import {
  askFor,
  close,
  echo,
  readExactly,
  Target,
  writeAll,
} from "../e2e/_app.ts";
import { within } from "../ffi/within.ts";
import {
  CONNECTOR_TOKEN,
  REVERSE_TOKEN,
  testMode,
  testModes,
  until,
} from "./_modes.ts";
import type { FastOpenResult } from "../../lib/net/fast_open.ts";
import { RawClient } from "./_raw_client.ts";
import {
  appsGo,
  halfClose,
  HELLO,
  LOCAL,
  readsNothing,
  refusedTarget,
  requestsAtOnce,
  slowReader,
  transferBothWays,
} from "./_traffic.ts";

const AGENT = {
  reverse: { token: REVERSE_TOKEN, connectorToken: CONNECTOR_TOKEN },
};

testModes("[51] agent mode carries bytes both ways", AGENT, async (modes) => {
  await modes.provider();
  await transferBothWays(await modes.connector());
});

testModes(
  "[31] [35] agent mode keeps all for an app that reads late",
  AGENT,
  async (modes) => {
    await modes.provider();
    await slowReader(await modes.connector());
  },
);

testModes("[51] agent mode carries a half-close", AGENT, async (modes) => {
  await modes.provider();
  await halfClose(await modes.connector());
});

testModes(
  "[52] agent mode loses no byte of 100 requests at once",
  AGENT,
  async (modes) => {
    await modes.provider();
    await requestsAtOnce(await modes.connector());
  },
);

testModes(
  "agent mode has an app's first bytes when it dials, for the SYN",
  AGENT,
  async (modes) => {
    const provider = await modes.provider({ tfoAny: true });
    await requestsAtOnce(await modes.connector(), 3);
    const { counters } = provider;
    const syns = (result: FastOpenResult) =>
      counters.count("syn", { hop: "target", result });
    assertEquals(counters.count("syn", { hop: "target" }), 3);
    // Each had first bytes for its SYN, and tried. Whether the kernel had a cookie,
    // and the target's kernel took them, is not ours to say.
    for (const without of ["off", "unsupported", "avoided"] as const) {
      assertEquals(syns(without), 0, without);
    }
    const tried = (["acknowledged", "noCookie", "notAcknowledged"] as const)
      .reduce((sum, result) => sum + syns(result), 0);
    assertEquals(tried, 3);
  },
  ({ backend, optimistic }) =>
    backend === "epoll" && optimistic && fastOpenSupport().dial.supported,
);

testModes(
  "[51] agent mode lets targets go when 150 apps have gone",
  AGENT,
  async (modes) => {
    await modes.provider();
    await appsGo(await modes.connector());
  },
);

testModes(
  "[27] agent mode tells of a target that is not there",
  AGENT,
  async (modes, { optimistic }) => {
    await modes.provider();
    await refusedTarget(await modes.connector(), optimistic);
  },
);

testMode(
  "the server's SOCKS port works beside connectors",
  AGENT,
  async (modes) => {
    await modes.provider();
    await halfClose(await modes.connector(), 2);
    await halfClose(await modes.socksPort(), 2);
  },
);

testModes(
  "[53] apps of a connector end at once when the provider is lost",
  AGENT,
  async (modes) => {
    const provider = await modes.provider();
    const port = await modes.connector();
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

testModes(
  "[53] targets of a provider end at once when the connector is lost",
  AGENT,
  async (modes) => {
    await modes.provider();
    const connector = await modes.client({ token: CONNECTOR_TOKEN });
    const gone = Promise.withResolvers<void>();
    await using target = new Target(async (conn) => {
      await writeAll(conn, HELLO);
      await readsNothing(conn);
      gone.resolve();
    });
    const { conn } = await askFor(connector.addr!.port, LOCAL, target.port);
    await readExactly(conn, HELLO.length);
    connector.abort();
    await within(gone.promise, 1000);
    close(conn);
  },
);

testMode("[49] connectors go round the providers", AGENT, async (modes) => {
  const providers = [await modes.provider(), await modes.provider()];
  const port = await modes.connector();
  await using target = new Target(echo);
  for (let request = 0; request < 6; request++) {
    const { conn, reply } = await askFor(port, LOCAL, target.port);
    assertEquals(reply, 0);
    close(conn);
  }
  assertEquals(
    providers.map(({ counters }) => counters.count("syn", { hop: "target" })),
    [3, 3],
  );
});

testMode(
  "[50] a connector's request fails when no provider comes in time",
  { ...AGENT, connectorWaitMs: 300 },
  async (modes) => {
    const port = await modes.connector();
    const since = performance.now();
    const { conn, reply } = await askFor(port, LOCAL, 80);
    const waitedMs = performance.now() - since;
    assert(reply !== 0);
    assert(waitedMs >= 290 && waitedMs < 2000, `after ${waitedMs} ms`);
    close(conn);
  },
);

testModes(
  "[52] a connector's request and its bytes wait for a provider",
  AGENT,
  async (modes) => {
    const port = await modes.connector();
    const asking = requestsAtOnce(port, 5);
    await modes.provider();
    await within(asking);
  },
);

testMode(
  "[59] removing a connector token closes its clients only",
  AGENT,
  async (modes) => {
    await modes.provider();
    const connector = await modes.client({ token: CONNECTOR_TOKEN });
    assertEquals(modes.server.tokens.remove(CONNECTOR_TOKEN), true);
    const error = await within(
      assertRejects(() => connector.closed, TunnelError),
    );
    assertEquals(error.code, "auth");
    await halfClose(await modes.socksPort(), 1);
    assertEquals(modes.server.sessionCount, 1);
  },
);

testMode(
  "[57] connectors are told how many providers there are",
  AGENT,
  async (modes) => {
    await using connector = await RawClient.connect(modes, CONNECTOR_TOKEN, {});
    const counts = () =>
      connector.messages.flatMap((one) =>
        one.type === "partners" ? [one.count] : []
      );
    await until(() => counts().length === 1);
    assertEquals(connector.messages[0]!.type, "authResponse");
    const provider = await modes.provider();
    await until(() => counts().length === 2);
    await modes.provider();
    await until(() => counts().length === 3);
    provider.abort();
    await until(() => counts().length === 4);
    assertEquals(counts(), [0, 1, 2, 1]);
  },
);

testMode(
  "[57] providers are told how many connectors there are",
  AGENT,
  async (modes) => {
    const options = { reverse: true };
    await using provider = await RawClient.connect(
      modes,
      REVERSE_TOKEN,
      options,
    );
    const counts = () =>
      provider.messages.flatMap((one) =>
        one.type === "partners" ? [one.count] : []
      );
    const connector = await modes.client({ token: CONNECTOR_TOKEN });
    await until(() => counts().length === 1);
    connector.abort();
    await until(() => counts().length === 2);
    assertEquals(counts(), [1, 0]);
  },
);

testMode(
  "[54] a provider that sends CONNECT is refused",
  AGENT,
  async (modes) => {
    const options = { reverse: true };
    await using provider = await RawClient.connect(
      modes,
      REVERSE_TOKEN,
      options,
    );
    for (const protocol of ["tcp", "udp"] as const) {
      const id = crypto.getRandomValues(new Uint8Array(16));
      const host = protocol === "tcp" ? LOCAL : "";
      provider.send({ type: "connect", protocol, id, host, port: 80 });
      const answer = await provider.next("connectResponse");
      assertEquals([answer.ok, answer.id], [false, id]);
    }
  },
);

testMode(
  "[54] clients that may not manage connector tokens are told so",
  { ...AGENT, token: "forward" },
  async (modes) => {
    for (
      const [token, reverse] of [["forward", false], [REVERSE_TOKEN, true]]
    ) {
      await using client = await RawClient.connect(modes, String(token), {
        reverse: Boolean(reverse),
      });
      const requestId = crypto.getRandomValues(new Uint8Array(16));
      client.send({
        type: "connector",
        requestId,
        token: "wished",
        operation: "add",
      });
      const answer = await client.next("connectorResponse");
      assertEquals(answer.requestId, requestId);
      assertEquals(
        [answer.ok, answer.error],
        [false, "Unauthorized connector management attempt"],
      );
    }
  },
);

/** Says all that means nothing to a server, from a client that is let in. */
function chatter(client: RawClient, token: string, reverse: boolean): void {
  const json = new TextEncoder().encode("{}");
  for (const kind of [11, 12, 13] as const) {
    client.send({ type: "direct", kind, json });
  }
  for (const peer of ["client", "server"]) {
    const text = `linksocks_${peer}_hello:direct_signaling=1`;
    client.send({ type: "log", level: "debug", text });
  }
  client.send({ type: "partners", count: 3 });
  client.send({ type: "authResponse", ok: true });
  client.send({ type: "unknown", code: 99 });
  const instance = crypto.getRandomValues(new Uint8Array(16));
  client.send({ type: "auth", token, reverse, instance });
}

testMode("[13] messages without a meaning are ignored", {
  ...AGENT,
  token: "forward",
}, async (modes) => {
  await using target = new Target(echo);
  const connect = {
    ...{ type: "connect", protocol: "tcp" } as const,
    ...{ host: LOCAL, port: target.port },
  };
  const newId = () => crypto.getRandomValues(new Uint8Array(16));
  await using forward = await RawClient.connect(modes, "forward", {});
  chatter(forward, "forward", false);
  const direct = newId();
  forward.send({ ...connect, id: direct });
  assertEquals((await forward.nextOf(direct)).type, "connectResponse");

  // A provider is still one, and a connector still reaches it.
  await using provider = await RawClient.connect(modes, REVERSE_TOKEN, {
    reverse: true,
  });
  chatter(provider, REVERSE_TOKEN, true);
  await using connector = await RawClient.connect(modes, CONNECTOR_TOKEN, {});
  chatter(connector, CONNECTOR_TOKEN, false);
  const relayed = newId();
  connector.send({ ...connect, id: relayed });
  const asked = await provider.next("connect");
  assertEquals([asked.host, asked.port], [LOCAL, target.port]);
  provider.send({ type: "connectResponse", ok: true, id: asked.id });
  const answer = await connector.nextOf(relayed);
  assertEquals([answer.type, "ok" in answer && answer.ok], [
    "connectResponse",
    true,
  ]);

  // Nobody was answered anything but that.
  const told = ({ messages }: RawClient) =>
    new Set(messages.map(({ type }) => type));
  assertEquals(told(forward), new Set(["authResponse", "connectResponse"]));
  assertEquals(
    told(provider),
    new Set(["authResponse", "partners", "connect"]),
  );
  assertEquals(
    told(connector),
    new Set(["authResponse", "partners", "connectResponse"]),
  );
});
