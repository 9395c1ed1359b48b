import { ConfigError } from "../../base/errors.ts";
import { checkedLoginFlags } from "../checked_login_flags.ts";
import type { Command, CommandContext } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { EXIT } from "../exit_code.ts";
import type { FlagValues } from "../flags.ts";
import { readCaFile } from "../read_ca_file.ts";
import { redact } from "../redact.ts";
import type {
  ClientStart,
  ListenAddr,
  RunningClient,
} from "../role_starters.ts";
import { socketOptions, udpOptions } from "../shared_flags.ts";
import { logCounts } from "../log_counts.ts";
import { type Ending, runUntilStopped } from "../signals.ts";
import { addrText, indented } from "../start_lines.ts";
import { CLIENT_FLAGS } from "./client_flags.ts";

/** What a client without a token shows, as in LinkSocks. */
export const ANONYMOUS = "anonymous";

type Values = FlagValues<typeof CLIENT_FLAGS>;

/** The command `client`. */
export const CLIENT_COMMAND: Command<typeof CLIENT_FLAGS> = {
  name: "client",
  summary: "Open a SOCKS and HTTP proxy that leads through a server",
  description: "Opens a SOCKS and HTTP proxy that leads through a server.",
  flags: CLIENT_FLAGS,
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
    if (values.reverse) output.out(`Dialling targets for ${through}`);
    if (!early && client.addr) output.out(proxyLine(client.addr, through));
    for (const line of indented(client.report())) output.out(line);
  }
  return await ended === "closed" ? EXIT.ok : EXIT.fatal;
}

async function clientOptions(
  values: Values,
  context: CommandContext,
): Promise<ClientStart> {
  const connectorToken = values.connectorToken.trim();
  return {
    ...socketOptions(values, context),
    url: values.url,
    token: values.token.trim() || ANONYMOUS,
    socksHost: values.socksHost,
    socksPort: values.socksPort,
    optimistic: values.fastOpen,
    noWait: values.socksNoWait,
    reconnect: !values.noReconnect,
    retryAuth: values.retryAuth,
    ...(values.followHosts ? { followHosts: true } : {}),
    ...(values.noEnvProxy ? {} : { environmentProxy: context.environment }),
    ...upstreamOptions(values),
    threads: threadCount(values.threads),
    renewMs: parseDuration(values.renew, "--renew"),
    ...udpOptions(values),
    ...checkedLoginFlags(values),
    ...(values.reverse ? { reverse: true } : {}),
    // As in LinkSocks it belongs to providers, and does no harm elsewhere.
    ...(values.reverse && connectorToken !== "" ? { connectorToken } : {}),
    ...(values.caFile === ""
      ? {}
      : { caCerts: [await readCaFile(values.caFile)] }),
  };
}

/** Whoever asks for a proxy must not believe that it is used when it is not. */
function upstreamOptions(
  { upstreamProxy: text, reverse }: Values,
): { upstreamProxy?: string } {
  const upstreamProxy = text.trim();
  if (upstreamProxy === "") return {};
  if (!reverse) {
    throw new ConfigError(
      "--upstream-proxy",
      "needs --reverse, since otherwise targets are not dialled here; the " +
        "proxy to the server is that of HTTP_PROXY and HTTPS_PROXY",
    );
  }
  return { upstreamProxy };
}

/** As in LinkSocks: 0 means one, a negative number one for each processor. */
function threadCount(asked: number): number {
  return asked < 0 ? Math.min(64, navigator.hardwareConcurrency) : asked || 1;
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
