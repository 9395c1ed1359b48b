import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../lib/cli/main.ts";
import { FakeWorld } from "./fake_context.ts";

interface Case {
  args: string[];
  variables?: Record<string, string>;
  message: string;
}

const REFUSED: Case[] = [
  { args: ["client", "-u", "notaurl"], message: "--url: " },
  { args: ["client", "-t", ""], message: "--token: must not be empty" },
  { args: ["server", "-t", ""], message: "--token: must not be empty" },
  { args: ["server", "-k", ""], message: "--api-key: must not be empty" },
  { args: ["server", "-H", "a.name"], message: "--ws-host: must be an IP" },
  { args: ["client", "--renew", "x"], message: "--renew: must be a duration" },
  { args: ["client", "-s", "a.name"], message: "--socks-host: must be an IP" },
  {
    args: ["client", "-T65"],
    message: "--threads: must be an integer from -1 to 64",
  },
  {
    args: ["client"],
    variables: { LINKSOCKS_URL: "ftp://h" },
    message: "LINKSOCKS_URL: ",
  },
  {
    args: ["client"],
    variables: { SYNSOCKS_TFO: "moon" },
    message: "SYNSOCKS_TFO: must be auto, off",
  },
  {
    args: ["server", "-r"],
    variables: { LINKSOCKS_SOCKS_HOST: "nowhere" },
    message: "LINKSOCKS_SOCKS_HOST: must be an IP",
  },
  {
    args: ["provider"],
    variables: { LINKSOCKS_UPSTREAM_PROXY: "ftp://h" },
    message: "LINKSOCKS_UPSTREAM_PROXY: must start with",
  },
];

for (const { args, variables, message } of REFUSED) {
  const title = [...Object.keys(variables ?? {}), ...args].join(" ");
  Deno.test(`main() refuses ${title}`, async () => {
    const world = new FakeWorld(variables);
    assertEquals(await main(args, "synsocks", world), 2);
    assertStringIncludes(world.stderr[0]!, `Invalid ${message}`);
    assertEquals([world.clientStart, world.serverStart], [
      undefined,
      undefined,
    ]);
  });
}

const IDLE: [args: string[], message: string][] = [
  [["server", "-a"], "--connector-autonomy changes nothing here: it needs"],
  [["server", "-c", "C"], "--connector-token changes nothing here"],
  [["server", "-p", "1"], "--socks-port changes nothing here"],
  [["server", "-k", "K", "-p", "1"], "--socks-port changes nothing here"],
  [["server", "--connector-wait-provider=1s"], "it needs --reverse or"],
  [["server", "-r", "-a", "-c", "C"], "--connector-token changes nothing"],
  [["server", "-r", "-x", "http://h"], "--upstream-proxy changes nothing"],
  [["client", "-c", "C"], "--connector-token changes nothing here"],
  [["client", "-r", "-p", "1"], "--socks-port changes nothing here"],
  [["provider", "-f"], "--fast-open changes nothing here"],
  [["connector", "-r"], "--reverse changes nothing here"],
];

for (const [args, message] of IDLE) {
  Deno.test(`main() refuses ${args.join(" ")}, which changes nothing`, async () => {
    const world = new FakeWorld();
    assertEquals(await main(args, "synsocks", world), 2);
    assertStringIncludes(world.stderr[0]!, message);
  });
}

Deno.test("main() starts in spite of a variable that changes nothing, and says so", async () => {
  const world = new FakeWorld({
    LINKSOCKS_UPSTREAM_PROXY: "http://h",
    SYNSOCKS_CONNECTOR_AUTONOMY: "no boolean",
  });
  assertEquals(await main(["client"], "synsocks", world), 0);
  assertEquals("upstreamProxy" in world.clientStart!, false);
  assertStringIncludes(
    world.stderr[0]!,
    'variable=LINKSOCKS_UPSTREAM_PROXY because="it needs --reverse"',
  );
  const server = new FakeWorld({ SYNSOCKS_CONNECTOR_AUTONOMY: "no boolean" });
  assertEquals(await main(["server"], "synsocks", server), 0);
});

Deno.test("main() takes a flag that asks for the default for nothing", async () => {
  const world = new FakeWorld();
  const args = ["server", "-t", "T", "-p", "9870", "--reverse=false"];
  assertEquals(await main(args, "synsocks", world), 0);
});

Deno.test("server with an API passes on what reverse tokens of it need", async () => {
  const world = new FakeWorld();
  const args = ["server", "-k", "K", "-s", "::1", "-fi", "--udp-ports=5-6"];
  const more = ["--udp-host=::1", "--connector-wait-provider=1s"];
  assertEquals(await main([...args, ...more], "synsocks", world), 0);
  const start = world.serverStart!;
  assertEquals(
    [start.socksHost, start.socksNoWait, start.optimistic],
    ["::1", true, true],
  );
  assertEquals([start.udpHost, start.udpPorts, start.connectorWaitMs], [
    "::1",
    { first: 5, last: 6 },
    1000,
  ]);
});

Deno.test("help of each command has its own flags", async () => {
  const world = new FakeWorld();
  await main(["provider", "--help"], "synsocks", world);
  await main(["connector", "--help"], "synsocks", world);
  await main(["help"], "synsocks", world);
  const [provider, connector, program] = world.stdout as [
    string,
    string,
    string,
  ];
  assertStringIncludes(provider, "--upstream-proxy");
  assertEquals(provider.includes("--socks-port"), false);
  assertStringIncludes(connector, "--socks-port");
  assertEquals(connector.includes("--upstream-proxy"), false);
  assertStringIncludes(program, "  connector ");
  assertStringIncludes(program, "  3  ");
});
