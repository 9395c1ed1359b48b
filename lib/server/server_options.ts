import { ConfigError } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { BackendChoice } from "../net/choose_backend.ts";
import type { TfoChoice } from "../net/tfo_choice.ts";
import { isReserved } from "../wire/token.ts";
import type { TokenApi } from "../tokens/token_api.ts";
import type { UdpOptions } from "../entry/udp_options.ts";

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
export interface ServerOptions extends UdpOptions {
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
  /** Where to use TCP Fast Open. @default all hops */
  tfo?: TfoChoice;
  /** Put any first bytes into a SYN, not only those that may arrive twice. @default {false} */
  tfoAny?: boolean;
  /**
   * Dial TCP targets through this proxy: `socks5://user:password@host:port` or
   * `http://…`; the user and the port may be left out.
   */
  upstreamProxy?: string;
  /** Which sockets to use. @default {"auto"} */
  backend?: BackendChoice;
  /**
   * A directory in which to keep, from one start to the next, where data in a SYN
   * does not work and which targets speak first. Made if it is not there. Of
   * several workers each learns for itself, and the first one keeps it.
   *
   * @default nothing is kept
   */
  stateDir?: string;
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
   * Answers requests that are not for a tunnel, such as those of an API; nothing
   * leaves them to the server.
   */
  answer?: (
    request: Request,
    tokens: TokenApi,
  ) => Response | Promise<Response> | undefined;
  /** Where to say what happens. */
  logger?: Logger;
  /** How long `close` waits for channels to end, in milliseconds. @default {5000} */
  gracePeriodMs?: number;
  /** Ends the server at once when it aborts, as `abort` does. */
  signal?: AbortSignal;
  /** Is told what happens; `counters` count the same events. Not with several workers. */
  observer?: Observer;
}

/**
 * A token that a user chose.
 *
 * @throws {ConfigError} if it is empty or reserved
 */
export function checkedToken(field: string, token: string): string {
  if (token === "") throw new ConfigError(field, "must not be empty");
  if (isReserved(token)) throw new ConfigError(field, `"${token}" is reserved`);
  return token;
}
