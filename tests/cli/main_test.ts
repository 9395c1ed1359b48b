import {
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { main } from "../../lib/cli/main.ts";
import { FakeWorld } from "./fake_context.ts";

for (
  const { args, code, stdout } of [
    { args: [], code: 0, stdout: /^synsocks: a SOCKS5 proxy/ },
    { args: ["-h"], code: 0, stdout: /^synsocks: a SOCKS5 proxy/ },
    { args: ["help"], code: 0, stdout: /^synsocks: a SOCKS5 proxy/ },
    { args: ["help", "client"], code: 0, stdout: /^Usage: synsocks client/ },
    { args: ["help", "-h"], code: 0, stdout: /^Usage: synsocks help/ },
    { args: ["server", "-h"], code: 0, stdout: /^Usage: synsocks server/ },
    { args: ["demo", "--help"], code: 0, stdout: /^Usage: synsocks demo/ },
    { args: ["version"], code: 0, stdout: /^synsocks version \d/ },
    { args: ["--version"], code: 0, stdout: /^synsocks version \d/ },
    { args: ["client", "-V"], code: 0, stdout: /^synsocks version \d/ },
  ]
) {
  Deno.test(`main() answers ${args.join(" ") || "nothing"}`, async () => {
    const world = new FakeWorld();
    assertEquals(await main(args, "synsocks", world), code);
    assertMatch(world.stdout.join("\n"), stdout);
    assertEquals(world.stderr, []);
  });
}

for (
  const { args, program, stderr } of [
    {
      args: ["server", "--foo"],
      stderr: [
        "Unknown flag: --foo",
        "Run 'synsocks server --help' for usage.",
      ],
    },
    {
      args: ["--foo"],
      program: "client",
      stderr: [
        "Unknown flag: --foo",
        "Run 'deno run -A client.ts --help' for usage.",
      ],
    },
    {
      args: ["connector", "-p", "x"],
      stderr: [
        'Invalid --socks-port: must be an integer from 0 to 65535 but got "x"',
        "Run 'synsocks connector --help' for usage.",
      ],
    },
    {
      args: ["server", "--tfo", "socks,moon"],
      stderr: [
        'Invalid --tfo: must be auto, off or a list of socks,tunnel,ws,target but got "moon"',
        "Run 'synsocks server --help' for usage.",
      ],
    },
    {
      args: ["nothing"],
      stderr: [
        "Unknown command: nothing",
        "Run 'synsocks --help' for usage.",
      ],
    },
  ] as Array<{ args: string[]; program?: "client"; stderr: string[] }>
) {
  Deno.test(`main() says what is wrong with ${args.join(" ")}`, async () => {
    const world = new FakeWorld();
    assertEquals(await main(args, program ?? "synsocks", world), 2);
    assertEquals(world.stderr, stderr);
    assertEquals(world.stdout, []);
    assertEquals(world.serverStart, undefined);
  });
}

Deno.test("main() shows the help in spite of a wrong environment", async () => {
  const world = new FakeWorld({ SYNSOCKS_WEBSOCKET_PORT: "x" });
  assertEquals(await main(["server", "-h"], "synsocks", world), 0);
  assertEquals(await main(["server"], "synsocks", world), 2);
  assertStringIncludes(world.stderr[0]!, "SYNSOCKS_WEBSOCKET_PORT");
});

for (
  const { error, expected } of [
    {
      error: new TunnelError("refused", "Cannot open ws://u:p@h/: no"),
      expected: "Cannot open ws://***@h/: no",
    },
    {
      error: new Error("Cannot assign requested address (os error 99)"),
      expected:
        "Cannot run server: Cannot assign requested address (os error 99)",
    },
    { error: new Error("one\n  two"), expected: "Cannot run server: one two" },
  ]
) {
  Deno.test(`main() ends with "${expected}"`, async () => {
    const world = new FakeWorld();
    world.serverError = error;
    assertEquals(await main([], "server", world), 1);
    assertEquals(world.stderr, [expected]);
  });
}

Deno.test("main() leaves no secret in what it prints", async () => {
  const world = new FakeWorld({ LINKSOCKS_TOKEN: "hidden-token" });
  const args = ["-u", "ws://me:hidden-password@h/?token=hidden-query", "-d"];
  assertEquals(await main(args, "client", world), 0);
  assertEquals(await main([], "server", world), 0);
  assertFalse([...world.stdout, ...world.stderr].join().includes("hidden"));
});
