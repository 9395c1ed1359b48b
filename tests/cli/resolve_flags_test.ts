import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { CLIENT_FLAGS } from "../../lib/cli/commands/client_flags.ts";
import { SERVER_FLAGS } from "../../lib/cli/commands/server_flags.ts";
import { findSources } from "../../lib/cli/flag_source.ts";
import type { FlagTable, FlagValues } from "../../lib/cli/flags.ts";
import { parseFlags } from "../../lib/cli/parse_flags.ts";
import { resolveFlags } from "../../lib/cli/resolve_flags.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

function resolve<T extends FlagTable>(
  table: T,
  args: readonly string[],
  variables: Record<string, string> = {},
): FlagValues<T> {
  const given = parseFlags(table, args);
  const sources = findSources(table, given, (name) => variables[name]);
  return resolveFlags(table, sources).values;
}

Deno.test("[64] resolveFlags() gives the defaults of LinkSocks", () => {
  const server = resolve(SERVER_FLAGS, []);
  assertEquals(
    [server.wsHost, server.wsPort, server.token, server.bufferSize],
    ["0.0.0.0", 8765, "", 1048576],
  );
  const client = resolve(CLIENT_FLAGS, []);
  assertEquals(
    [client.url, client.socksHost, client.socksPort, client.threads],
    [["ws://localhost:8765"], "127.0.0.1", 9870, 1],
  );
  assertEquals(
    [client.fastOpen, client.debug, client.stunServer, client.backend],
    [false, 0, [], "auto"],
  );
});

for (
  const { name, args, variables, expected } of [
    { name: "the default", expected: 9870 },
    {
      name: "our variable",
      variables: { SYNSOCKS_SOCKS_PORT: "1" },
      expected: 1,
    },
    {
      name: "the variable of LinkSocks",
      variables: { LINKSOCKS_SOCKS_PORT: "2" },
      expected: 2,
    },
    {
      name: "ours before that of LinkSocks",
      variables: { LINKSOCKS_SOCKS_PORT: "2", SYNSOCKS_SOCKS_PORT: "1" },
      expected: 1,
    },
    {
      name: "the flag before both",
      args: ["-p3"],
      variables: { LINKSOCKS_SOCKS_PORT: "2", SYNSOCKS_SOCKS_PORT: "x" },
      expected: 3,
    },
    { name: "the last of several flags", args: ["-p3", "-p4"], expected: 4 },
    {
      name: "a trimmed variable",
      variables: { SYNSOCKS_SOCKS_PORT: " 5\n" },
      expected: 5,
    },
    {
      name: "the next source after a blank variable",
      variables: { SYNSOCKS_SOCKS_PORT: "  ", LINKSOCKS_SOCKS_PORT: "2" },
      expected: 2,
    },
  ] as Array<{
    name: string;
    args?: string[];
    variables?: Record<string, string>;
    expected: number;
  }>
) {
  Deno.test(`resolveFlags() takes ${name}`, () => {
    const { socksPort } = resolve(CLIENT_FLAGS, args ?? [], variables);
    assertEquals(socksPort, expected);
  });
}

for (
  const { words, expected } of [
    { words: ["1", "t", "T", "TRUE", "true", "True"], expected: true },
    { words: ["0", "f", "F", "FALSE", "false", "False"], expected: false },
  ]
) {
  Deno.test(`resolveFlags() reads ${words.join(" ")} as ${expected}`, () => {
    for (const word of words) {
      const variables = { LINKSOCKS_RETRY_AUTH: word };
      assertEquals(resolve(CLIENT_FLAGS, [], variables).retryAuth, expected);
      const flag = [`--retry-auth=${word}`];
      assertEquals(resolve(CLIENT_FLAGS, flag).retryAuth, expected);
    }
  });
}

Deno.test("resolveFlags() lets a flag switch off what a variable switched on", () => {
  const { retryAuth } = resolve(CLIENT_FLAGS, ["--retry-auth=false"], {
    SYNSOCKS_RETRY_AUTH: "true",
  });
  assertEquals(retryAuth, false);
});

for (
  const { args, variables, message } of [
    {
      args: ["--ws-port", "x"],
      message:
        'Invalid --ws-port: must be an integer from 0 to 65535 but got "x"',
    },
    {
      args: ["-P", "65536"],
      message:
        'Invalid --ws-port: must be an integer from 0 to 65535 but got "65536"',
    },
    {
      args: ["-P", "-1"],
      message:
        'Invalid --ws-port: must be an integer from 0 to 65535 but got "-1"',
    },
    {
      args: ["-P", "1e3"],
      message:
        'Invalid --ws-port: must be an integer from 0 to 65535 but got "1e3"',
    },
    {
      args: ["-P="],
      message:
        'Invalid --ws-port: must be an integer from 0 to 65535 but got ""',
    },
    {
      args: [],
      variables: { LINKSOCKS_WEBSOCKET_PORT: "x" },
      message:
        'Invalid LINKSOCKS_WEBSOCKET_PORT: must be an integer from 0 to 65535 but got "x"',
    },
    {
      args: [],
      variables: { SYNSOCKS_FASTOPEN: "yes" },
      message: 'Invalid SYNSOCKS_FASTOPEN: must be true or false but got "yes"',
    },
    {
      args: ["--backend", "kqueue"],
      message:
        'Invalid --backend: must be one of auto, epoll, deno but got "kqueue"',
    },
    { args: ["-H", " "], message: "Invalid --ws-host: must not be empty" },
  ] as Array<{
    args: string[];
    variables?: Record<string, string>;
    message: string;
  }>
) {
  Deno.test(`resolveFlags() says ${message}`, () => {
    const error = assertThrows(
      () => resolve(SERVER_FLAGS, args, variables),
      ConfigError,
    );
    assertEquals(error.message, message);
  });
}

for (
  const { command, table, accepted } of [
    {
      command: "server",
      table: SERVER_FLAGS as FlagTable,
      accepted: ["--buffer-size=4096", "-f", "--reverse=false", "-p", "9870"],
    },
    {
      command: "client",
      table: CLIENT_FLAGS as FlagTable,
      accepted: [
        "--direct-mode=relay-only",
        "--direct-mode=auto",
        "-T0",
        "-T1",
        "-E",
      ],
    },
  ]
) {
  Deno.test(`resolveFlags() accepts what asks ${command} for nothing`, () => {
    resolve(table, accepted);
  });

  for (const flag of Object.values(table)) {
    if (flag.unavailable === undefined) continue;
    Deno.test(`resolveFlags() refuses ${command} --${flag.name}`, () => {
      const other = flag.kind === "choice"
        ? flag.choices.find((choice) =>
          choice !== flag.default && !flag.harmless?.includes(choice)
        )
        : "77";
      const arg = flag.kind === "switch"
        ? `--${flag.name}`
        : `--${flag.name}=${other}`;
      const error = assertThrows(() => resolve(table, [arg]), UsageError);
      assertEquals(
        error.message,
        `--${flag.name} is not available in this version yet: ${flag.unavailable}`,
      );
    });
  }
}

const LATER = {
  kind: "text",
  name: "later",
  env: "LATER",
  value: "WHEN",
  default: "",
  unavailable: "not today",
  help: "For later",
} as const;

Deno.test("resolveFlags() reads a list from a variable", () => {
  const several = { SYNSOCKS_URL: "ws://a, ws://b\tws://c" };
  assertEquals(resolve(CLIENT_FLAGS, [], several).url, [
    "ws://a",
    "ws://b",
    "ws://c",
  ]);
  const flags = ["-u", "ws://a", "--url=ws://b"];
  assertEquals(resolve(CLIENT_FLAGS, flags, several).url, ["ws://a", "ws://b"]);
});

Deno.test("resolveFlags() refuses a variable of an unavailable flag by both names", () => {
  assertThrows(
    () => resolve({ later: LATER }, [], { LINKSOCKS_LATER: "k" }),
    UsageError,
    "LINKSOCKS_LATER (--later) is not available",
  );
});
