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
import { udpEntryOptions, type UdpOptions } from "../entry/udp_options.ts";
import {
  checkAddress,
  type CheckedRoleOptions,
  parseRoleOptions,
  type RoleOptions,
} from "../net/role_options.ts";
import type { TokenApi } from "../tokens/token_api.ts";
import { isReserved } from "../wire/token.ts";
import { MAX_WORKERS, SERVER_DEFAULTS } from "./defaults.ts";

/** A token for providers, which dial targets for apps at the server. */
export interface ReverseTokenOptions {
  /** The secret. @default a new one */
  token?: string;
  /** Port of its SOCKS5 listener; 0 takes one of the pool. @default {0} */
  port?: number;
  /** Who may use that port; needs `password` too. */
  username?: string;
  /** See `username`. */
  password?: string;
  /**
   * Each provider manages the tokens of its own connectors, and there is no SOCKS
   * port.
   *
   * @default {false}
   */
  autonomy?: boolean;
  /** Admits connectors to its providers; not with `autonomy`. @default none */
  connectorToken?: string;
}

/** How a server behaves. It admits nobody without a token. */
export interface ServerOptions extends RoleOptions, UdpOptions {
  /** The secret of forward clients, for which the server dials. @default none */
  token?: string;
  /** Tokens for providers. @default none */
  reverse?: ReverseTokenOptions | readonly ReverseTokenOptions[];
  /** Where to listen: an IP address. @default {"0.0.0.0"} */
  hostname?: string;
  /** The port; 0 takes a free one. @default {8765} */
  port?: number;
  /** Where SOCKS ports of reverse tokens listen. @default {"127.0.0.1"} */
  socksHost?: string;
  /** Open SOCKS ports before there is a provider. @default {false} */
  socksNoWait?: boolean;
  /**
   * Tell apps at SOCKS ports of the server that they are connected before the
   * target is (`-f`). Connectors decide for themselves.
   *
   * @default {false}
   */
  optimistic?: boolean;
  /**
   * How long a connector's request waits for a provider, in milliseconds.
   *
   * @default {5000}
   */
  connectorWaitMs?: number;
  /**
   * Dial TCP targets through this proxy: `socks5://user:password@host:port` or
   * `http://…`; the user and the port may be left out.
   */
  upstreamProxy?: string;
  /**
   * Threads, each with a listening socket of its own; more than one needs Linux,
   * and only forward clients are served.
   *
   * @default {1}
   */
  workers?: number;
  /** Share the port with other programs of this user (`SO_REUSEPORT`). @default {false} */
  reusePort?: boolean;
  /**
   * Answers requests that are not for a tunnel, such as those of an API;
   * `undefined` leaves them to the server.
   */
  answer?: (
    request: Request,
    tokens: TokenApi,
  ) => Response | Promise<Response> | undefined;
}

type Defaulted = Required<Pick<ServerOptions, keyof typeof SERVER_DEFAULTS>>;

/** The options of a server, complete and checked. */
export interface CheckedServerOptions
  extends CheckedRoleOptions, Readonly<Defaulted> {
  /** As in {@linkcode ServerOptions}. */
  readonly token: string | undefined;
  /** All of them. */
  readonly reverse: readonly ReverseTokenOptions[];
  /** UDP options of SOCKS ports. */
  readonly udp: ReturnType<typeof udpEntryOptions>;
  /** As in {@linkcode ServerOptions}. */
  readonly upstreamProxy: string | undefined;
  /** As in {@linkcode ServerOptions}. */
  readonly answer: ServerOptions["answer"];
}

/**
 * Adds the defaults and checks all that can be checked without opening a
 * socket.
 *
 * @throws {ConfigError} with the property, if a value is not allowed
 */
export function parseServerOptions(
  options: ServerOptions,
): CheckedServerOptions {
  const given: Defaulted = withDefaults(options, SERVER_DEFAULTS);
  const { token, upstreamProxy } = options;
  checkUpstreamProxy(upstreamProxy);
  return {
    ...parseRoleOptions(options),
    token: token === undefined ? undefined : checkToken("token", token),
    reverse: ([options.reverse ?? []].flat() as ReverseTokenOptions[])
      .map(checkReverse),
    udp: udpEntryOptions(options),
    hostname: checkAddress("hostname", given.hostname),
    port: checkPort("port", given.port),
    socksHost: checkAddress("socksHost", given.socksHost),
    socksNoWait: given.socksNoWait,
    optimistic: given.optimistic,
    connectorWaitMs: checkTimeMs("connectorWaitMs", given.connectorWaitMs),
    upstreamProxy,
    workers: checkInteger("workers", given.workers, 1, MAX_WORKERS),
    reusePort: given.reusePort,
    answer: options.answer,
  };
}

function checkReverse(options: ReverseTokenOptions): ReverseTokenOptions {
  const { token, port = 0, username, password, connectorToken } = options;
  if (token !== undefined) checkToken("reverse.token", token);
  if (connectorToken !== undefined) {
    checkToken("reverse.connectorToken", connectorToken);
    if (options.autonomy) {
      throw new ConfigError(
        "reverse.connectorToken",
        "cannot be used with autonomy, where providers have their own",
      );
    }
  }
  checkPort("reverse.port", port);
  checkedLogin(username, password, "reverse.");
  return options;
}

/** A secret that a user chose. Throws `ConfigError` with the property. */
function checkToken(property: string, token: string): string {
  checkText(property, token);
  if (isReserved(token)) {
    throw new ConfigError(property, `"${token}" is reserved`);
  }
  return token;
}
