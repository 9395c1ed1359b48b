import { assertEquals, assertStringIncludes } from "@std/assert";
import { OurProgram } from "./_program.ts";

const LOCAL = "127.0.0.1";
const TOKEN = "of-the-programs";
const IS_WINDOWS = Deno.build.os === "windows";
const HAS_CURL = await new Deno.Command("curl", {
  args: ["--version"],
  stdout: "null",
}).output().then(({ success }) => success, () => false);
const REASON = IS_WINDOWS
  ? "Windows has no SIGTERM"
  : HAS_CURL
  ? undefined
  : "no curl here";
if (REASON !== undefined) {
  // deno-lint-ignore no-console -- the reason belongs to the test's output
  console.log(`skipped: the programs with curl: ${REASON}`);
}

function testPrograms(name: string, run: () => Promise<void>): void {
  Deno.test({ name, ignore: REASON !== undefined, fn: run });
}

/** Fetches a page of a server of ours through a proxy at a port, with curl. */
async function curlThrough(socksPort: string): Promise<string> {
  await using origin = Deno.serve(
    { hostname: LOCAL, port: 0, onListen: () => {} },
    ({ url }) => new Response(`page ${new URL(url).pathname}`),
  );
  const { stdout, stderr } = await new Deno.Command("curl", {
    args: [
      ...["--silent", "--show-error", "--max-time", "30"],
      ...["--socks5-hostname", `${LOCAL}:${socksPort}`],
      `http://${LOCAL}:${origin.addr.port}/one`,
    ],
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

function startServer(entry: string, args: string[] = []): OurProgram {
  return new OurProgram(entry, [
    ...args,
    ...["-H", LOCAL, "-P", "0", "-t", TOKEN],
  ]);
}

async function urlOf(server: OurProgram): Promise<string> {
  return (await server.find(/Listening on (ws:\/\/\S+)/))[1]!;
}

testPrograms(
  "demo takes a curl through both roles, and ends with 0 at SIGTERM",
  async () => {
    await using demo = new OurProgram("cli.ts", ["demo", "-p", "0"]);
    const [, port] = await demo.find(/curl --socks5-hostname \S+:(\d+) /);
    assertEquals(await curlThrough(port!), "page /one");
    demo.kill("SIGTERM");
    assertEquals(await demo.code(), 0, demo.output);
  },
);

for (
  const [name, serverOf, clientOf] of [
    ["server.ts and client.ts", ["server.ts"], ["client.ts"]],
    ["cli.ts server and cli.ts client", ["cli.ts", "server"], [
      "cli.ts",
      "client",
    ]],
  ] as const
) {
  testPrograms(`${name} take a curl, and end with 0 at SIGTERM`, async () => {
    const [serverEntry, ...serverArgs] = serverOf;
    const [clientEntry, ...clientArgs] = clientOf;
    await using server = startServer(serverEntry, serverArgs);
    await using client = new OurProgram(clientEntry, [
      ...clientArgs,
      ...["-u", await urlOf(server), "-t", TOKEN, "-p", "0", "-f"],
    ]);
    const [, port] = await client.find(/SOCKS5 proxy on \S+:(\d+),/);
    assertEquals(await curlThrough(port!), "page /one");
    for (const program of [client, server]) {
      program.kill("SIGTERM");
      assertEquals(await program.code(), 0, program.output);
      assertStringIncludes(program.output, "INF Totals ");
    }
  });
}

testPrograms(
  "client.ts ends with 3 when the server rejects its token",
  async () => {
    await using server = startServer("server.ts");
    const url = await urlOf(server);
    const flags = ["-u", url, "-t", "another", "-p", "0"];
    await using client = new OurProgram("client.ts", flags);
    assertEquals(await client.code(), 3, client.output);
  },
);

testPrograms("server.ts refuses half a login of its API with 400", async () => {
  await using server = startServer("server.ts", ["-k", "KEY"]);
  const url = (await urlOf(server)).replace("ws:", "http:");
  const response = await fetch(`${url}/api/token`, {
    method: "POST",
    headers: { "x-api-key": "KEY" },
    body: JSON.stringify({ type: "reverse", username: "alone" }),
  });
  assertEquals([response.status, await response.json()], [400, {
    success: false,
    error: "Invalid password: user name and password must be given together",
  }]);
});

for (
  const [args, variables] of [
    [["server", "-a"], {}],
    [["client", "-u", "notaurl"], {}],
    [["client"], { LINKSOCKS_SOCKS_PORT: "99999" }],
  ] as const
) {
  testPrograms(
    `cli.ts ${args.join(" ")} ends with 2 with ${Deno.inspect(variables)}`,
    async () => {
      await using program = new OurProgram("cli.ts", [...args], variables);
      assertEquals(await program.code(), 2, program.output);
    },
  );
}
