import { CLIENT_DEFAULTS } from "../../client/defaults.ts";
import { newToken } from "../../wire/token.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import type { FlagTable, FlagValues } from "../flags.ts";
import type {
  RoleStarters,
  RunningClient,
  RunningServer,
} from "../role_starters.ts";
import { HELP_FLAGS, ROLE_FLAGS, roleOptions } from "../shared_flags.ts";
import { runUntilStopped, type Stoppable } from "../signals.ts";
import { addrText, indented } from "../start_lines.ts";

/** Nothing of the demo can be reached from outside. */
const LOOPBACK = "127.0.0.1";

/** The flags of `demo`. */
export const DEMO_FLAGS = {
  socksPort: {
    kind: "integer",
    name: "socks-port",
    short: "p",
    value: "PORT",
    min: 0,
    max: 65535,
    default: CLIENT_DEFAULTS.socksPort,
    help: "Port of the proxy; another one if it is in use",
  },
  ...ROLE_FLAGS,
  ...HELP_FLAGS,
} as const satisfies FlagTable;

/** The command `demo`. */
export const DEMO_COMMAND: Command<typeof DEMO_FLAGS> = {
  name: "demo",
  summary: "Run server and client in one process, to try it out",
  description:
    "Runs a server and a client in one process on the loopback address, with " +
    "a token made up and Fast Open on, and shows how to try it.",
  flags: DEMO_FLAGS,
  run: runDemo,
};

async function runDemo(
  values: FlagValues<typeof DEMO_FLAGS>,
  context: CommandContext,
): Promise<number> {
  const { output, roles, signals } = context;
  const { socksPort } = values;
  const port = context.isPortFree(socksPort) ? socksPort : 0;
  const pair = await startPair(
    roles,
    roleOptions(values, context, true),
    port,
  );
  const ended = runUntilStopped(pair, signals);
  const ready = pair.client.ready.then(() => true, () => false);
  if (await Promise.race([ready, ended.then(() => false)])) {
    for (const line of startLines(pair, socksPort)) output.out(line);
  }
  return await ended === "closed" ? EXIT.ok : EXIT.fatal;
}

/** A server and its client, stopped together. */
interface Pair extends Stoppable {
  readonly server: RunningServer;
  readonly client: RunningClient;
}

async function startPair(
  roles: RoleStarters,
  shared: ReturnType<typeof roleOptions>,
  socksPort: number,
): Promise<Pair> {
  const token = newToken();
  const server = await roles.startServer({
    ...shared,
    token,
    hostname: LOOPBACK,
    port: 0,
  });
  try {
    const client = await roles.startClient({
      ...shared,
      url: `ws://${addrText(server.addr)}`,
      token,
      socksHost: LOOPBACK,
      socksPort,
      optimistic: true,
    });
    return joinRoles(server, client);
  } catch (error) {
    await server.close();
    throw error;
  }
}

function joinRoles(server: RunningServer, client: RunningClient): Pair {
  const close = async () => {
    // The client first: it would report the server's end as a failure.
    await client.close();
    await server.close();
  };
  return {
    server,
    client,
    close,
    // Whichever ends first also ends the other.
    closed: Promise.race([client.closed, server.closed]).finally(close),
    abort() {
      client.abort();
      server.abort();
    },
  };
}

function startLines(pair: Pair, wantedPort: number): string[] {
  const { client, server } = pair;
  const addr = client.addr ?? { hostname: LOOPBACK, port: wantedPort };
  // What both say about this machine, once.
  const report = new Set([...client.report(), ...server.report()]);
  const taken = wantedPort !== 0 && addr.port !== wantedPort;
  return [
    "Server and client run in this process. TCP Fast Open, hop by hop:",
    ...indented([...report]),
    "",
    ...(taken
      ? [`Port ${wantedPort} is in use; using ${addr.port} instead.`]
      : []),
    "Try it:",
    `  curl --socks5-hostname ${addrText(addr)} https://example.com/`,
    "",
    "Press Ctrl-C to stop.",
  ];
}
