import { CLIENT_DEFAULTS, MAX_THREADS } from "../../client/defaults.ts";
import { SERVER_DEFAULTS } from "../../server/defaults.ts";
import type { FlagTable } from "../flags.ts";
import { proxyPortFlags } from "../proxy_port_flags.ts";
import {
  HELP_FLAGS,
  ROLE_FLAGS,
  SERVER_ACCESS_FLAGS,
} from "../shared_flags.ts";

/** The flags of `client`; the letters are those of LinkSocks. */
export const CLIENT_FLAGS = {
  url: {
    kind: "list",
    name: "url",
    short: "u",
    env: "URL",
    value: "URL",
    default: [`ws://localhost:${SERVER_DEFAULTS.port}`],
    help: "The server; if repeated, the one that answers first is used",
  },
  ...SERVER_ACCESS_FLAGS,
  ...proxyPortFlags(),
  socksNoWait: {
    kind: "switch",
    name: "socks-no-wait",
    short: "i",
    sets: ["noWait"],
    help: "Open the proxy port before the server has answered",
  },
  fastOpen: {
    kind: "switch",
    name: "fast-open",
    short: "f",
    env: "FASTOPEN",
    sets: ["optimistic"],
    help:
      "Tell apps of success before the target has answered, so that their " +
      "first bytes travel at once",
  },
  noReconnect: {
    kind: "switch",
    name: "no-reconnect",
    short: "R",
    sets: ["reconnect"],
    help: "End when the session is lost",
  },
  retryAuth: {
    kind: "switch",
    name: "retry-auth",
    env: "RETRY_AUTH",
    help: "Go on trying when the server rejects the token",
  },
  noEnvProxy: {
    kind: "switch",
    name: "no-env-proxy",
    short: "E",
    help: "Do not dial the server through the proxy that HTTP_PROXY, " +
      "HTTPS_PROXY or ALL_PROXY names",
  },
  followHosts: {
    kind: "switch",
    name: "follow-hosts",
    env: "FOLLOW_HOSTS",
    help: "Show the token to other hosts that the server redirects to",
  },
  directMode: {
    kind: "choice",
    name: "direct-mode",
    value: "MODE",
    choices: ["relay-only", "direct-only", "auto"],
    default: "auto",
    harmless: ["relay-only"],
    unavailable: "all traffic is relayed",
    help: "Whether to go around the server",
  },
  reverse: {
    kind: "switch",
    name: "reverse",
    short: "r",
    help: "Be a provider: dial targets here, for apps at the server and for " +
      "connectors",
  },
  connectorToken: {
    kind: "text",
    name: "connector-token",
    short: "c",
    env: "CONNECTOR_TOKEN",
    value: "TOKEN",
    default: "",
    required: true,
    help: "Of a provider, at a server with autonomy: secret that admits " +
      "connectors to it",
  },
  threads: {
    kind: "integer",
    name: "threads",
    short: "T",
    env: "THREADS",
    value: "COUNT",
    min: -1,
    max: MAX_THREADS,
    default: CLIENT_DEFAULTS.threads,
    help:
      `WebSockets to the server that share the requests: 1 to ${MAX_THREADS}; ` +
      "0 = 1, -1 = one per CPU",
  },
  renew: {
    kind: "text",
    name: "renew",
    env: "RENEW",
    value: "TIME",
    default: "0",
    sets: ["renewMs"],
    help: "Replace each WebSocket after this time, such as 30m, without " +
      "breaking requests; 0 never does",
  },
  upstreamProxy: {
    kind: "text",
    name: "upstream-proxy",
    short: "x",
    env: "UPSTREAM_PROXY",
    value: "URL",
    default: "",
    help: "Of a provider: proxy through which TCP targets are dialed, " +
      "socks5://[USER:PASSWORD@]HOST[:PORT] or http://…",
  },
  directDiscovery: {
    kind: "choice",
    name: "direct-discovery",
    value: "WAY",
    choices: ["stun", "server", "auto"],
    default: "stun",
    unavailable: "all traffic is relayed",
    help: "How to find the own address",
  },
  directHostCandidates: {
    kind: "choice",
    name: "direct-host-candidates",
    value: "WHEN",
    choices: ["auto", "never", "always"],
    default: "auto",
    unavailable: "all traffic is relayed",
    help: "Whether to offer local addresses",
  },
  stunServer: {
    kind: "list",
    name: "stun-server",
    value: "HOST",
    unavailable: "all traffic is relayed",
    help: "A STUN server; may be repeated",
  },
  directOnlyAction: {
    kind: "choice",
    name: "direct-only-action",
    value: "ACTION",
    choices: ["exit", "refuse"],
    default: "exit",
    unavailable: "all traffic is relayed",
    help: "What to do without a direct path",
  },
  directUpnp: {
    kind: "switch",
    name: "direct-upnp",
    unavailable: "all traffic is relayed",
    help: "Ask the router for a port",
  },
  directUpnpKeep: {
    kind: "switch",
    name: "direct-upnp-keep",
    unavailable: "all traffic is relayed",
    help: "Keep that port at the end",
  },
  directUpnpLease: {
    kind: "text",
    name: "direct-upnp-lease",
    value: "TIME",
    default: "30m",
    unavailable: "all traffic is relayed",
    help: "How long the router keeps it",
  },
  directUpnpExternalPort: {
    kind: "integer",
    name: "direct-upnp-external-port",
    value: "PORT",
    min: 0,
    max: 65535,
    default: 0,
    unavailable: "all traffic is relayed",
    help: "Which port to ask for",
  },
  ...ROLE_FLAGS,
  ...HELP_FLAGS,
} as const satisfies FlagTable;

/** Keys of the flags for which a proxy port is needed. */
export const ENTRY_KEYS = [
  "socksHost",
  "socksPort",
  "socksUsername",
  "socksPassword",
  "socksNoWait",
  "udpHost",
  "udpPorts",
  "fastOpen",
] as const;

/** Keys of the flags that are for providers. */
export const EXIT_KEYS = ["connectorToken", "upstreamProxy"] as const;
