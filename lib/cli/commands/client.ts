import type { Logger } from "../../base/logger.ts";
import { MAX_THREADS } from "../../client/defaults.ts";
import type { ClientOptions } from "../../client/options.ts";
import { ANONYMOUS_TOKEN } from "../../wire/token.ts";
import type { Command, CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { EXIT } from "../exit_code.ts";
import { type FlagValues, idleFor } from "../flags.ts";
import { logCounts } from "../log_counts.ts";
import { readCaFile } from "../read_ca_file.ts";
import { redact } from "../redact.ts";
import type { ListenAddr, RunningClient } from "../role_starters.ts";
import { loginOptions, roleOptions, udpOptions } from "../shared_flags.ts";
import { type Ending, runUntilStopped } from "../signals.ts";
import { addrText, indented } from "../start_lines.ts";
import { CLIENT_FLAGS, ENTRY_KEYS, EXIT_KEYS } from "./client_flags.ts";

type Values = FlagValues<typeof CLIENT_FLAGS>;

/** The command `client`. */
export const CLIENT_COMMAND: Command<typeof CLIENT_FLAGS> = {
  name: "client",
  summary: "Open a SOCKS and HTTP proxy that leads through a server",
  description: "Opens a SOCKS and HTTP proxy that leads through a server.",
  flags: CLIENT_FLAGS,
  idle: ({ reverse }) =>
    reverse
      ? idleFor(ENTRY_KEYS, "a provider has no proxy port")
      : idleFor(EXIT_KEYS, "it needs --reverse"),
  run: runClient,
};

/** The command `connector`: a client with the token of a connector. */
export const CONNECTOR_COMMAND: Command<typeof CLIENT_FLAGS> = {
  name: "connector",
  summary: "Open a proxy that leads through a server to a provider",
  description:
    "Opens a SOCKS and HTTP proxy that leads through a server to a provider; " +
    "the same as client with the token of a connector.",
  flags: CLIENT_FLAGS,
  hidden: [...EXIT_KEYS, "reverse"],
  idle: () => idleFor([...EXIT_KEYS, "reverse"], "it is for providers"),
  run: runClient,
};

/** The command `provider`: a client that is one without the flag. */
export const PROVIDER_COMMAND: Command<typeof CLIENT_FLAGS> = {
  name: "provider",
  summary: "Dial targets for apps at a server and for connectors",
  description:
    "Dials targets for apps at a server in reverse mode, and for connectors; " +
    "the same as client --reverse.",
  flags: CLIENT_FLAGS,
  hidden: [...ENTRY_KEYS, "reverse"],
  idle: () => idleFor(ENTRY_KEYS, "a provider has no proxy port"),
  run: (values, context) => runClient({ ...values, reverse: true }, context),
};

async function runClient(
  values: Values,
  context: CommandContext,
): Promise<number> {
  const { output, roles, signals } = context;
  const options = await clientOptions(values, context);
  const client = await roles.startClient(options);
  const report = () => logCounts(options.logger, client.counters);
  const ended = runUntilStopped(client, signals, { report });
  const through = [options.url].flat().map(redact).join(" or ");
  // Without --socks-no-wait the listener opens with the first session.
  const early = client.addr;
  output.out(early ? proxyLine(early, through) : `Connecting to ${through}`);
  if (await isReady(client, ended)) {
    if (values.reverse) output.out(`Dialing targets for ${through}`);
    if (!early && client.addr) output.out(proxyLine(client.addr, through));
    for (const line of indented(client.report())) output.out(line);
  }
  return await ended === "closed" ? EXIT.ok : EXIT.fatal;
}

async function clientOptions(
  values: Values,
  context: CommandContext,
): Promise<ClientOptions & { logger: Logger }> {
  const { reverse, followHosts, caFile } = values;
  return {
    ...roleOptions(values, context),
    url: values.url,
    token: values.token.trim() || ANONYMOUS_TOKEN,
    reconnect: !values.noReconnect,
    retryAuth: values.retryAuth,
    threads: threadCount(values.threads),
    renewMs: parseDuration(values.renew, "renewMs"),
    ...(followHosts ? { followHosts } : {}),
    ...(values.noEnvProxy ? {} : { environmentProxy: context.environment }),
    ...(caFile === "" ? {} : { caCerts: [await readCaFile(caFile)] }),
    ...(reverse ? providerOptions(values) : proxyOptions(values)),
  };
}

function proxyOptions(values: Values): Partial<ClientOptions> {
  return {
    socksHost: values.socksHost,
    socksPort: values.socksPort,
    optimistic: values.fastOpen,
    noWait: values.socksNoWait,
    ...udpOptions(values),
    ...loginOptions(values),
  };
}

function providerOptions(values: Values): Partial<ClientOptions> {
  const connectorToken = values.connectorToken.trim();
  const upstreamProxy = values.upstreamProxy.trim();
  return {
    reverse: true,
    ...(connectorToken === "" ? {} : { connectorToken }),
    ...(upstreamProxy === "" ? {} : { upstreamProxy }),
  };
}

/** As in LinkSocks: 0 means one, -1 one for each processor. */
function threadCount(asked: number): number {
  return asked < 0
    ? Math.min(MAX_THREADS, navigator.hardwareConcurrency)
    : asked || 1;
}

/** Waits for the first session; `false` if the client ends before it has one. */
async function isReady(
  client: RunningClient,
  ended: Promise<Ending>,
): Promise<boolean> {
  const ready = client.ready.then(() => true, () => false);
  return await Promise.race([ready, ended.then(() => false)]);
}

function proxyLine(addr: ListenAddr, through: string): string {
  return `SOCKS5 proxy on ${addrText(addr)}, through ${through}`;
}
