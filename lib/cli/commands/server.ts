import { handleApi, isApiPath } from "../../admin/api.ts";
import type { ServerOptions } from "../../server/options.ts";
import { newToken } from "../../wire/token.ts";
import type { Command, CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { EXIT } from "../exit_code.ts";
import { type FlagValues, type IdleFlags, idleFor } from "../flags.ts";
import { logCounts } from "../log_counts.ts";
import type { RunningServer } from "../role_starters.ts";
import { loginOptions, roleOptions, udpOptions } from "../shared_flags.ts";
import { runUntilStopped } from "../signals.ts";
import { addrText, indented } from "../start_lines.ts";
import { VERSION } from "../version_text.ts";
import { SERVER_FLAGS } from "./server_flags.ts";

type Values = FlagValues<typeof SERVER_FLAGS>;

/** The command `server`. */
export const SERVER_COMMAND: Command<typeof SERVER_FLAGS> = {
  name: "server",
  summary: "Accept clients on a WebSocket and dial their targets",
  description:
    "Accepts clients on a WebSocket and dials their targets; with --reverse " +
    "accepts providers, which dial targets for apps here and for connectors.",
  flags: SERVER_FLAGS,
  idle: idleFlags,
  run: runServer,
};

/** Of the token that the command line adds. */
const TOKEN_KEYS = [
  "socksPort",
  "socksUsername",
  "socksPassword",
  "connectorToken",
] as const;

/** Of all reverse tokens. */
const REVERSE_KEYS = [
  "fastOpen",
  "connectorWaitProvider",
  "socksHost",
  "socksNowait",
  "udpHost",
  "udpPorts",
] as const;

function idleFlags(
  { reverse, apiKey, connectorAutonomy }: Values,
): IdleFlags {
  if (!reverse) {
    return {
      ...idleFor([...TOKEN_KEYS, "connectorAutonomy"], "it needs --reverse"),
      ...(apiKey === ""
        ? idleFor(REVERSE_KEYS, "it needs --reverse or --api-key")
        : {}),
    };
  }
  return {
    ...(connectorAutonomy
      ? idleFor(TOKEN_KEYS, "with --connector-autonomy there is none here")
      : {}),
    ...(apiKey === ""
      ? { upstreamProxy: "with --reverse it is the provider that dials" }
      : {}),
  };
}

async function runServer(
  values: Values,
  context: CommandContext,
): Promise<number> {
  const { output, roles, signals } = context;
  const tokens = tokensOf(values);
  const shared = roleOptions(values, context);
  const server = await roles.startServer({
    ...shared,
    ...tokenOptions(values, tokens),
    ...reverseOptions(values),
    hostname: values.wsHost,
    port: values.wsPort,
    workers: workerCount(values.workers),
    ...apiOptions(values.apiKey.trim()),
    ...upstreamOptions(values),
  });
  output.out(`Listening on ws://${addrText(server.addr)}`);
  for (const line of tokenLines(values, tokens)) output.out(line);
  if (values.reverse) output.out(socksLine(values, server));
  for (const line of indented(server.report())) output.out(line);
  const report = () => logCounts(shared.logger, server.counters);
  const ending = await runUntilStopped(server, signals, { report });
  return ending === "closed" ? EXIT.ok : EXIT.fatal;
}

/** The secrets of a server, chosen or made up. */
interface Tokens {
  token: string;
  connectorToken: string | undefined;
}

function tokensOf(values: Values): Tokens {
  const { reverse, connectorAutonomy } = values;
  const hasConnectors = reverse && !connectorAutonomy;
  return {
    token: values.token.trim() || newToken(),
    // As in LinkSocks: with providers there can be connectors.
    connectorToken: hasConnectors
      ? values.connectorToken.trim() || newToken()
      : undefined,
  };
}

function tokenOptions(
  values: Values,
  { token, connectorToken }: Tokens,
): Partial<ServerOptions> {
  if (!values.reverse) return { token };
  return {
    reverse: {
      token,
      port: values.socksPort,
      autonomy: values.connectorAutonomy,
      ...loginOptions(values),
      ...(connectorToken === undefined ? {} : { connectorToken }),
    },
  };
}

/** What is true of all reverse tokens; the API can add some at any time. */
function reverseOptions(values: Values): Partial<ServerOptions> {
  if (!values.reverse && values.apiKey === "") return {};
  return {
    ...udpOptions(values),
    socksHost: values.socksHost,
    socksNoWait: values.socksNowait,
    optimistic: values.fastOpen,
    connectorWaitMs: parseDuration(
      values.connectorWaitProvider,
      "connectorWaitMs",
    ),
  };
}

/** The HTTP API, if there is a key for it. */
function apiOptions(apiKey: string): Pick<ServerOptions, "answer"> {
  if (apiKey === "") return {};
  const options = { apiKey, version: VERSION };
  return {
    answer: (request, tokens) =>
      isApiPath(new URL(request.url).pathname)
        ? handleApi(request, tokens, options)
        : undefined,
  };
}

/** A token that the user chose stays out of the terminal. */
function tokenLines(
  values: Values,
  { token, connectorToken }: Tokens,
): string[] {
  const lines: string[] = [];
  const tell = (what: string, token: string, flag: string): void => {
    lines.push(`${what}: ${token} (made up; set your own with --${flag})`);
  };
  if (token !== values.token.trim()) tell("Token", token, "token");
  if (
    connectorToken !== undefined &&
    connectorToken !== values.connectorToken.trim()
  ) tell("Connector token", connectorToken, "connector-token");
  return lines;
}

function socksLine(values: Values, { tokens }: RunningServer): string {
  if (values.connectorAutonomy) {
    return "Providers manage their own connectors; no SOCKS5 proxy here";
  }
  const [{ port = values.socksPort } = {}] = tokens.snapshot();
  const at = addrText({ hostname: values.socksHost, port });
  return values.socksNowait
    ? `SOCKS5 proxy on ${at}, through providers`
    : `SOCKS5 proxy on ${at}, as soon as a provider is there`;
}

function upstreamOptions(values: Values): Partial<ServerOptions> {
  const upstreamProxy = values.upstreamProxy.trim();
  return upstreamProxy === "" ? {} : { upstreamProxy };
}

/** As `--threads` of the client: 0 means one, -1 one for each processor. */
function workerCount(asked: number): number {
  return asked < 0 ? navigator.hardwareConcurrency : asked || 1;
}
