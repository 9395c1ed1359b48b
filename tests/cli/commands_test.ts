import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ConfigError, TunnelError } from "../../lib/base/errors.ts";
import { main } from "../../lib/cli/main.ts";
import type { ReverseTokenOptions } from "../../lib/server/options.ts";
import { FakeWorld } from "./fake_context.ts";

Deno.test("server passes its flags on and makes up a token", async () => {
  const world = new FakeWorld();
  const args = ["-H", "127.0.0.1", "-P", "0", "--tfo=ws,target", "--tfo-any"];
  const more = ["--backend=deno", "--state=/var/lib/x"];
  assertEquals(await main([...args, ...more], "server", world), 0);
  const { logger: _, token, ...rest } = world.serverStart!;
  assertMatch(token!, /^[0-9a-f]{16}$/);
  assertEquals(rest, {
    hostname: "127.0.0.1",
    port: 0,
    tfo: { socks: false, ws: true, tunnel: false, target: true, asked: true },
    workers: 1,
    tfoAny: true,
    backend: "deno",
    stateDir: "/var/lib/x",
  });
  assertEquals(world.stdout, [
    "Listening on ws://127.0.0.1:40001",
    `Token: ${token} (made up; set your own with --token)`,
    "  ws: server line",
  ]);
  assertEquals(world.serverRole.calls, ["close"]);
});

/** The one reverse token that a server was started with. */
function onlyReverse(world: FakeWorld): ReverseTokenOptions {
  const [reverse] = [world.serverStart!.reverse!].flat();
  return reverse as ReverseTokenOptions;
}

Deno.test("server brackets an IPv6 address", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["-H", "::1", "-t", "x"], "server", world), 0);
  assertEquals(world.stdout[0], "Listening on ws://[::1]:8765");
});

Deno.test("server passes the flags of reverse mode on", async () => {
  const world = new FakeWorld();
  const args = ["-r", "-t", "T", "-c", "C", "-p", "1080", "-s", "::1", "-fi"];
  const more = ["-n", "me", "-w", "pw", "--connector-wait-provider=1s"];
  assertEquals(await main([...args, ...more], "server", world), 0);
  const start = world.serverStart!;
  assertEquals(start.token, undefined);
  assertEquals(start.reverse, {
    token: "T",
    connectorToken: "C",
    port: 1080,
    username: "me",
    password: "pw",
    autonomy: false,
  });
  assertEquals(
    [start.socksHost, start.socksNoWait, start.optimistic],
    ["::1", true, true],
  );
  assertEquals(start.connectorWaitMs, 1000);
  assertEquals(world.stdout, [
    "Listening on ws://0.0.0.0:8765",
    "SOCKS5 proxy on [::1]:1080, through providers",
    "  ws: server line",
  ]);
});

Deno.test("server makes up both tokens of reverse mode", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["-r"], "server", world), 0);
  const { token, connectorToken } = onlyReverse(world);
  assertMatch(connectorToken!, /^[0-9a-f]{16}$/);
  assertEquals(world.stdout, [
    "Listening on ws://0.0.0.0:8765",
    `Token: ${token} (made up; set your own with --token)`,
    `Connector token: ${connectorToken} (made up; set your own with --connector-token)`,
    "SOCKS5 proxy on 127.0.0.1:9870, as soon as a provider is there",
    "  ws: server line",
  ]);
});

Deno.test("server has no connector token of its own with autonomy", async () => {
  const world = new FakeWorld({
    LINKSOCKS_CONNECTOR_AUTONOMY: "true",
    LINKSOCKS_CONNECTOR_TOKEN: "C",
  });
  assertEquals(await main(["-r", "-t", "T"], "server", world), 0);
  const { connectorToken, autonomy } = onlyReverse(world);
  assertEquals([connectorToken, autonomy], [undefined, true]);
  assertEquals(
    world.stdout[1],
    "Providers manage their own connectors; no SOCKS5 proxy here",
  );
});

for (
  const { name, args, variables } of [
    { name: "provider", args: ["provider"], variables: {} },
    { name: "client -r", args: ["client", "-r"], variables: {} },
    {
      name: "MODE=reverse",
      args: [],
      variables: { LINKSOCKS_MODE: "reverse" },
    },
  ]
) {
  Deno.test(`${name} starts a provider`, async () => {
    const world = new FakeWorld(variables as Record<string, string>);
    const flags = ["-u", "ws://h", "-t", "T", "-c", "C"];
    assertEquals(await main([...args, ...flags], "synsocks", world), 0);
    const { reverse, connectorToken } = world.clientStart!;
    assertEquals([reverse, connectorToken], [true, "C"]);
    assertEquals(world.stdout.includes("Dialing targets for ws://h"), true);
  });
}

Deno.test("connector says that a connector token changes nothing", async () => {
  const world = new FakeWorld({ LINKSOCKS_CONNECTOR_TOKEN: "C" });
  assertEquals(await main(["connector", "-t", "T"], "synsocks", world), 0);
  const start = world.clientStart!;
  assertEquals("reverse" in start || "connectorToken" in start, false);
  assertStringIncludes(
    world.stderr.join(),
    "WRN A variable changes nothing here variable=LINKSOCKS_CONNECTOR_TOKEN",
  );
});

Deno.test("client passes its flags on", async () => {
  const world = new FakeWorld({ SYNSOCKS_TOKEN: " secret " });
  const args = ["-u", "wss://h", "-s", "::1", "-p", "1080", "-n", "me"];
  assertEquals(await main([...args, "-w", "pw", "-fiRE"], "client", world), 0);
  const { logger: _, ...rest } = world.clientStart!;
  assertEquals(rest, {
    url: ["wss://h"],
    token: "secret",
    socksHost: "::1",
    socksPort: 1080,
    username: "me",
    password: "pw",
    optimistic: true,
    noWait: true,
    reconnect: false,
    retryAuth: false,
    threads: 1,
    renewMs: 0,
    tfo: { socks: true, ws: true, tunnel: true, target: true, asked: false },
    tfoAny: false,
    backend: "auto",
  });
  assertEquals(world.stdout, [
    "SOCKS5 proxy on [::1]:1080, through wss://h",
    "  socks: client line",
  ]);
});

Deno.test("client is anonymous without a token and leaves out what is not given", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["--retry-auth"], "client", world), 0);
  const start = world.clientStart!;
  assertEquals(start.token, "anonymous");
  assertEquals(start.retryAuth, true);
  assertEquals("username" in start || "caCerts" in start, false);
});

for (
  const { args, message } of [
    {
      args: ["-w", "pw"],
      message:
        "Invalid --socks-username: user name and password must be given together",
    },
    {
      args: ["-n", "me"],
      message:
        "Invalid --socks-password: user name and password must be given together",
    },
  ]
) {
  // LinkSocks lets everybody in then.
  Deno.test(`client refuses ${args[0]} alone`, async () => {
    const world = new FakeWorld();
    assertEquals(await main(args, "client", world), 2);
    assertEquals(world.stderr[0], message);
  });
}

Deno.test("client reads certificates", async () => {
  const file = await Deno.makeTempFile();
  try {
    const pem =
      "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
    await Deno.writeTextFile(file, pem);
    const world = new FakeWorld();
    assertEquals(await main(["--ca-file", file], "client", world), 0);
    assertEquals(world.clientStart!.caCerts, [pem]);
    await Deno.writeTextFile(file, "nothing");
    assertEquals(await main(["--ca-file", file], "client", world), 2);
    assertEquals(
      world.stderr[0],
      `Invalid --ca-file: no PEM certificate in ${file}`,
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("client says why --ca-file cannot be read", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["--ca-file", "/no/such"], "client", world), 2);
  assertMatch(world.stderr[0]!, /^Invalid --ca-file: cannot be read: /);
});

Deno.test("client ends with 3 when the server rejects its token", async () => {
  const world = new FakeWorld();
  world.signals.atOnce = false;
  world.clientRole.ending.reject(new TunnelError("auth", "bad token"));
  assertEquals(await main([], "client", world), 3);
  assertEquals(world.stderr, ["Cannot run client: bad token"]);
  assertEquals(world.signals.listeners, []);
});

Deno.test("client ends with 2 when its role finds an option wrong", async () => {
  const world = new FakeWorld();
  world.clientError = new ConfigError("url", "must be ws or wss");
  assertEquals(await main([], "client", world), 2);
  assertEquals(world.stderr[0], "Invalid --url: must be ws or wss");
});

Deno.test("an option that a variable has set is named by the variable", async () => {
  const world = new FakeWorld({ LINKSOCKS_SOCKS_HOST: "nowhere" });
  assertEquals(await main([], "client", world), 2);
  const { stderr } = world;
  assertEquals(
    stderr[0],
    'Invalid LINKSOCKS_SOCKS_HOST: must be an IP address but got "nowhere"',
  );
});

Deno.test("client ends with 1 after a second signal", async () => {
  const world = new FakeWorld();
  world.signals.atOnce = false;
  const closing = Promise.withResolvers<void>();
  world.clientRole.close = () => {
    closing.resolve();
    return world.clientRole.closed;
  };
  const code = main([], "client", world);
  while (world.signals.listeners.length === 0) await Promise.resolve();
  world.signals.raise("SIGINT");
  await closing.promise;
  world.signals.raise("SIGINT");
  assertEquals(await code, 1);
  assertEquals(world.clientRole.calls, ["abort"]);
});

Deno.test("demo joins a server and a client and shows a curl line", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["demo"], "synsocks", world), 0);
  const { serverStart, clientStart } = world;
  assertEquals(serverStart!.hostname, "127.0.0.1");
  assertEquals(serverStart!.port, 0);
  assertEquals(clientStart!.url, "ws://127.0.0.1:40001");
  assertEquals(clientStart!.token, serverStart!.token);
  assertEquals(clientStart!.optimistic, true);
  assertEquals(world.stdout, [
    "Server and client run in this process. TCP Fast Open, hop by hop:",
    "  socks: client line",
    "  ws: server line",
    "",
    "Try it:",
    "  curl --socks5-hostname 127.0.0.1:9870 https://example.com/",
    "",
    "Press Ctrl-C to stop.",
  ]);
});

Deno.test("demo takes a free port when its own is taken", async () => {
  const world = new FakeWorld();
  world.takenPorts = [1080];
  assertEquals(await main(["demo", "-p", "1080"], "synsocks", world), 0);
  assertEquals(world.clientStart!.socksPort, 0);
  assertStringIncludes(
    world.stdout.join("\n"),
    "Port 1080 is in use; using 40002 instead.\nTry it:\n" +
      "  curl --socks5-hostname 127.0.0.1:40002 https://example.com/",
  );
});

Deno.test("demo closes the server when the client does not start", async () => {
  const world = new FakeWorld();
  world.clientError = new Error("no");
  assertEquals(await main(["demo"], "synsocks", world), 1);
  assertEquals(world.serverRole.calls, ["close"]);
  assertEquals(world.stderr, ["Cannot run demo: no"]);
});

Deno.test("demo ends both roles when one of them ends with an error", async () => {
  const world = new FakeWorld();
  world.signals.atOnce = false;
  world.serverRole.ending.promise.catch(() => {});
  world.clientRole.ending.reject(new Error("lost"));
  world.clientRole.close = () => Promise.resolve();
  assertEquals(await main(["demo"], "synsocks", world), 1);
  assertEquals(world.serverRole.calls, ["close"]);
  assertEquals(world.stderr, ["Cannot run demo: lost"]);
});
