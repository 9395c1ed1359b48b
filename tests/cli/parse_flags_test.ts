import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { CLIENT_FLAGS } from "../../lib/cli/commands/client_flags.ts";
import { SERVER_FLAGS } from "../../lib/cli/commands/server_flags.ts";
import type { Flag, FlagTable } from "../../lib/cli/flags.ts";
import { parseFlags } from "../../lib/cli/parse_flags.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

/** What one flag may be given in a test, by kind. */
function sampleOf(flag: Flag): string {
  switch (flag.kind) {
    case "choice":
      return flag.choices.at(-1)!;
    case "integer":
      return "7";
    default:
      return "some text";
  }
}

for (
  const { command, table } of [
    { command: "server", table: SERVER_FLAGS as FlagTable },
    { command: "client", table: CLIENT_FLAGS as FlagTable },
  ]
) {
  for (const [key, flag] of Object.entries(table)) {
    const names = flag.short ? [`--${flag.name}`, `-${flag.short}`] : [
      `--${flag.name}`,
    ];
    const bare = flag.kind === "switch" || flag.kind === "count";
    for (const name of names) {
      Deno.test(`parseFlags() understands ${command} ${name}`, () => {
        const sample = bare ? "true" : sampleOf(flag);
        const expected = new Map([[key, [sample]]]);
        if (bare) {
          assertEquals(parseFlags(table, [name]), expected);
        } else {
          assertEquals(parseFlags(table, [name, sample]), expected);
          assertEquals(parseFlags(table, [`${name}=${sample}`]), expected);
        }
      });
    }
  }

  Deno.test(`the names of ${command}'s flags are unique`, () => {
    const flags = Object.values(table);
    const names = flags.map((flag) => flag.name);
    const shorts = flags.flatMap((flag) => flag.short ?? []);
    const variables = flags.flatMap((flag) => flag.env ?? []);
    assertEquals(new Set(names).size, names.length);
    assertEquals(new Set(shorts).size, shorts.length);
    assertEquals(new Set(variables).size, variables.length);
  });
}

for (
  const { args, expected } of [
    { args: ["-p9870"], expected: { socksPort: ["9870"] } },
    { args: ["-p", "9870"], expected: { socksPort: ["9870"] } },
    { args: ["-p=9870"], expected: { socksPort: ["9870"] } },
    { args: ["--socks-port=9870"], expected: { socksPort: ["9870"] } },
    { args: ["-T", "-1"], expected: { threads: ["-1"] } },
    { args: ["-T-1"], expected: { threads: ["-1"] } },
    { args: ["--threads", "-1"], expected: { threads: ["-1"] } },
    { args: ["-dd"], expected: { debug: ["true", "true"] } },
    { args: ["-d", "--debug"], expected: { debug: ["true", "true"] } },
    { args: ["-fi"], expected: { fastOpen: ["true"], socksNoWait: ["true"] } },
    {
      args: ["-fip1080"],
      expected: {
        fastOpen: ["true"],
        socksNoWait: ["true"],
        socksPort: ["1080"],
      },
    },
    { args: ["-tabc"], expected: { token: ["abc"] } },
    { args: ["-t", "-abc"], expected: { token: ["-abc"] } },
    { args: ["-t", "true"], expected: { token: ["true"] } },
    { args: ["-t", "--"], expected: { token: ["--"] } },
    { args: ["--token=a=b"], expected: { token: ["a=b"] } },
    { args: ["--token==a"], expected: { token: ["=a"] } },
    { args: ["--token="], expected: { token: [""] } },
    { args: ["--token", ""], expected: { token: [""] } },
    {
      args: ["--token", "", "-f"],
      expected: { token: [""], fastOpen: ["true"] },
    },
    { args: ["--token=no-x"], expected: { token: ["no-x"] } },
    { args: ["--token=two\nlines"], expected: { token: ["two\nlines"] } },
    { args: ["-t", "a", "-t", "b"], expected: { token: ["a", "b"] } },
    { args: ["--fast-open=false"], expected: { fastOpen: ["false"] } },
    { args: ["--fast-open=0"], expected: { fastOpen: ["false"] } },
    { args: ["-f=T"], expected: { fastOpen: ["true"] } },
    { args: ["--no-reconnect"], expected: { noReconnect: ["true"] } },
    { args: ["--no-reconnect=1"], expected: { noReconnect: ["true"] } },
    { args: ["--no-reconnect=false"], expected: { noReconnect: ["false"] } },
    { args: ["--reconnect"], expected: { noReconnect: ["false"] } },
    {
      args: ["-R", "--reconnect"],
      expected: { noReconnect: ["true", "false"] },
    },
    { args: ["--"], expected: {} },
    { args: [], expected: {} },
  ] as Array<{ args: string[]; expected: Record<string, string[]> }>
) {
  Deno.test(`parseFlags() reads ${JSON.stringify(args)}`, () => {
    const given = Object.fromEntries(parseFlags(CLIENT_FLAGS, args));
    assertEquals(
      Object.fromEntries(
        Object.entries(given).map(([key, texts]) => [key, texts.at(-1)]),
      ),
      Object.fromEntries(
        Object.entries(expected).map(([key, texts]) => [key, texts.at(-1)]),
      ),
    );
    assertEquals(given.debug, expected.debug);
  });
}

for (
  const { args, message } of [
    { args: ["--foo"], message: "Unknown flag: --foo" },
    { args: ["--foo=bar"], message: "Unknown flag: --foo" },
    { args: ["--foo", "bar"], message: "Unknown flag: --foo" },
    { args: ["-z"], message: "Unknown flag: -z" },
    { args: ["-fz"], message: "Unknown flag: -z" },
    { args: ["-1"], message: "Unknown flag: -1" },
    { args: ["--no-debug"], message: "Unknown flag: --no-debug" },
    {
      args: ["--sock-port=1"],
      message: "Unknown flag: --sock-port. Did you mean --socks-port?",
    },
    { args: ["--socks-port"], message: "Missing value for --socks-port" },
    { args: ["-p"], message: "Missing value for -p" },
    { args: ["-fp"], message: "Missing value for -p" },
    { args: ["-p", "-f"], message: "Missing value for -p" },
    { args: ["--token", "--url"], message: "Missing value for --token" },
    { args: ["word"], message: "Unexpected argument: word" },
    { args: ["-f", "true"], message: "Unexpected argument: true" },
    { args: ["--", "-f"], message: "Unexpected argument: -f" },
    {
      args: ["--debug=2"],
      message: "Unexpected value for --debug: repeat the flag instead",
    },
  ]
) {
  Deno.test(`parseFlags() rejects ${JSON.stringify(args)}`, () => {
    const error = assertThrows(
      () => parseFlags(CLIENT_FLAGS, args),
      UsageError,
    );
    assertEquals(error.message, message);
  });
}

Deno.test("parseFlags() rejects a switch with a value that is no boolean", () => {
  const error = assertThrows(
    () => parseFlags(CLIENT_FLAGS, ["--fast-open=yes"]),
    ConfigError,
  );
  assertEquals(
    error.message,
    'Invalid --fast-open: must be true or false but got "yes"',
  );
});
