import { ConfigError } from "../base/errors.ts";
import {
  checkInteger,
  checkPort,
  checkText,
  checkTimeMs,
} from "../base/option_checks.ts";
import { withDefaults } from "../base/with_defaults.ts";
import { checkUpstreamProxy } from "../dial/upstream_proxy.ts";
import { checkedLogin } from "../entry/checked_login.ts";
import type { EntryOptions } from "../entry/entry.ts";
import { udpEntryOptions, type UdpOptions } from "../entry/udp_options.ts";
import {
  checkAddress,
  type CheckedRoleOptions,
  parseRoleOptions,
  type RoleOptions,
} from "../net/role_options.ts";
import { normalizeTunnelUrl } from "../transport/tunnel_url.ts";
import { CLIENT_DEFAULTS, MAX_THREADS } from "./defaults.ts";

/**
 * How a client behaves. With `reverse` it is a provider: it dials targets, and has
 * no SOCKS port. Otherwise it serves apps; whether the server or a provider dials
 * for them follows from the token.
 */
export interface ClientOptions extends RoleOptions, UdpOptions {
  /**
   * The server, such as `ws://host:8765`. With several the one that answers first
   * is used, and another one when it is lost.
   */
  url: string | readonly string[];
  /** The secret of the server's clients, connectors or providers. */
  token: string;
  /** Dial targets here, for apps at the server and for connectors. @default {false} */
  reverse?: boolean;
  /**
   * Of a provider: registered at the server, if that has autonomy, to admit
   * connectors to this provider only.
   */
  connectorToken?: string;
  /** Where the SOCKS port listens: an IP address. @default {"127.0.0.1"} */
  socksHost?: string;
  /** The SOCKS port; 0 takes a free one. @default {9870} */
  socksPort?: number;
  /** Who may use the SOCKS port; needs `password` too. */
  username?: string;
  /** See `username`. */
  password?: string;
  /** Tell apps that they are connected before the target is (`-f`). @default {false} */
  optimistic?: boolean;
  /** Open the SOCKS port before the server was reached. @default {false} */
  noWait?: boolean;
  /** Try again after the server was lost. @default {true} */
  reconnect?: boolean;
  /** Try again after the token was rejected, too. @default {false} */
  retryAuth?: boolean;
  /** WebSockets to the server, among which requests are spread. @default {1} */
  threads?: number;
  /**
   * Replace each WebSocket after this time, in milliseconds, before something on
   * the way cuts it: requests that are open end on the old one. 0 never does.
   *
   * @default {0}
   */
  renewMs?: number;
  /**
   * Where to look up `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, which
   * may name a proxy on the way to the server. Without it there is none.
   */
  environmentProxy?: (name: string) => string | undefined;
  /** Show the token to other hosts that the server redirects to. @default {false} */
  followHosts?: boolean;
  /**
   * Of a provider: dial TCP targets through this proxy, `socks5://…` or `http://…`.
   */
  upstreamProxy?: string;
  /** PEM of certificates to trust in addition, for `wss`. */
  caCerts?: string[];
}

type Defaulted = Required<Pick<ClientOptions, keyof typeof CLIENT_DEFAULTS>>;

/** The options of a client, complete and checked. */
export interface CheckedClientOptions
  extends CheckedRoleOptions, Readonly<Defaulted> {
  /** The servers; at least one. */
  readonly urls: readonly URL[];
  /** As in {@linkcode ClientOptions}. */
  readonly token: string;
  /** As in {@linkcode ClientOptions}. */
  readonly connectorToken: string | undefined;
  /** Who may use the SOCKS port. */
  readonly login: EntryOptions["login"];
  /** How apps may send datagrams. */
  readonly udp: NonNullable<EntryOptions["udp"]>;
  /** As in {@linkcode ClientOptions}. */
  readonly environmentProxy: ClientOptions["environmentProxy"];
  /** As in {@linkcode ClientOptions}. */
  readonly upstreamProxy: string | undefined;
  /** As in {@linkcode ClientOptions}. */
  readonly caCerts: readonly string[] | undefined;
}

/**
 * Adds the defaults and checks all that can be checked without opening a
 * socket.
 *
 * @throws {ConfigError} with the property, if a value is not allowed
 */
export function parseClientOptions(
  options: ClientOptions,
): CheckedClientOptions {
  const given: Defaulted = withDefaults(options, CLIENT_DEFAULTS);
  const urls = [options.url].flat().map(normalizeTunnelUrl);
  if (urls.length === 0) throw new ConfigError("url", "must not be empty");
  const { reverse, connectorToken, upstreamProxy } = options;
  if (!reverse && connectorToken !== undefined) {
    throw new ConfigError("connectorToken", "is for providers (reverse)");
  }
  if (!reverse && upstreamProxy?.trim()) {
    throw new ConfigError(
      "upstreamProxy",
      "is for providers (reverse): other clients dial no targets",
    );
  }
  checkUpstreamProxy(upstreamProxy);
  return {
    ...parseRoleOptions(options),
    urls,
    token: checkText("token", options.token),
    reverse: given.reverse,
    connectorToken: connectorToken === undefined
      ? undefined
      : checkText("connectorToken", connectorToken),
    socksHost: checkAddress("socksHost", given.socksHost),
    socksPort: checkPort("socksPort", given.socksPort),
    login: checkedLogin(options.username, options.password),
    udp: udpEntryOptions(options),
    optimistic: given.optimistic,
    noWait: given.noWait,
    reconnect: given.reconnect,
    retryAuth: given.retryAuth,
    threads: checkInteger("threads", given.threads, 1, MAX_THREADS),
    renewMs: checkTimeMs("renewMs", given.renewMs),
    environmentProxy: options.environmentProxy,
    followHosts: given.followHosts,
    upstreamProxy,
    caCerts: options.caCerts,
  };
}
