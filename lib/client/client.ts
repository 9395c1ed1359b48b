import { abortable } from "../base/abortable.ts";
import { abortWith } from "../base/abort_with.ts";
import { ConfigError } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import { Counters } from "../base/counters.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import { observeBoth } from "../base/observers.ts";
import { directDialer } from "../dial/direct_dialer.ts";
import {
  checkUpstreamProxy,
  withUpstreamProxy,
} from "../dial/upstream_proxy.ts";
import {
  type BackendChoice,
  chooseBackend,
  type ChosenBackend,
} from "../net/choose_backend.ts";
import { FAST_OPEN_OFF, fastOpenSupport } from "../net/fast_open.ts";
import type { StreamConn } from "../net/stream_conn.ts";
import { Resolver } from "../net/resolver.ts";
import { parseTfoChoice, type TfoChoice } from "../net/tfo_choice.ts";
import type { ConnectOptions } from "./connect.ts";
import { dialFastest } from "./dial_fastest.ts";
import { dialTunnel } from "../transport/dial_tunnel.ts";
import { Session } from "../session/session.ts";
import { SessionPool } from "./session_pool.ts";
import { normalizeTunnelUrl } from "../transport/tunnel_url.ts";
import { checkedLogin } from "../entry/checked_login.ts";
import { EntrySide } from "./entry_side.ts";
import { ExitSide } from "./exit_side.ts";
import type { ClientSide } from "./client_side.ts";
import type { EntryOptions } from "../entry/entry.ts";
import { environmentProxyOf } from "./environment_proxy_of.ts";
import { hopReport } from "../net/hop_report.ts";
import { type OpenedLearnt, openLearnt } from "../state/state_file.ts";
import { UdpExit } from "../exit/udp_exit.ts";
import { udpEntryOptions, type UdpOptions } from "../entry/udp_options.ts";

/**
 * How a client behaves. With `reverse` it is a provider: it dials targets, and has
 * no SOCKS port. Otherwise it serves apps; whether the server or a provider dials
 * for them follows from the token.
 */
export interface ClientOptions extends UdpOptions {
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
  /** Where to use TCP Fast Open. @default all hops */
  tfo?: TfoChoice;
  /**
   * Of a provider: put any first bytes into a SYN, not only those that may arrive
   * twice.
   *
   * @default {false}
   */
  tfoAny?: boolean;
  /** Which sockets to use. @default {"auto"} */
  backend?: BackendChoice;
  /**
   * A directory in which to keep, from one start to the next, where data in a SYN
   * does not work and which targets speak first. Made if it is not there.
   *
   * @default nothing is kept
   */
  stateDir?: string;
  /** PEM of certificates to trust in addition, for `wss`. */
  caCerts?: string[];
  /** Where to say what happens. */
  logger?: Logger;
  /** How long `close` waits for requests to end, in milliseconds. @default {5000} */
  gracePeriodMs?: number;
  /** Ends the client at once when it aborts, as `abort` does. */
  signal?: AbortSignal;
  /** Is told what happens; `counters` count the same events. */
  observer?: Observer;
}

/** More WebSockets than this bring nothing. */
const MAX_THREADS = 64;

/** A running client. Disposing of it closes it. */
export interface Client extends AsyncDisposable {
  /** Where the SOCKS port listens, once it does; never of a provider. */
  readonly addr: { hostname: string; port: number } | undefined;
  /** What happened so far. */
  readonly counters: Counters;
  /**
   * Resolves when the server was reached and the SOCKS port listens, or the
   * connector token of a provider is registered.
   */
  readonly ready: Promise<void>;
  /** One line for each hop: what TCP Fast Open does there, and if nothing, why. */
  report(): string[];
  /**
   * Opens a stream to a target through the tunnel, once the client is `ready`.
   *
   * @throws {TunnelError} `refused`, `timeout`, `name` … as the exit found it;
   *   `unavailable` after ten seconds without a session; `unsupported` of a
   *   provider; or what `ready` rejects with
   * @throws {ConfigError} if the host or the port cannot be
   */
  connect(options: ConnectOptions): Promise<StreamConn>;
  /**
   * Admits connectors to this provider, at a server with autonomy. The token is
   * registered again after a reconnect.
   *
   * @param token The secret; without one the server makes it up
   * @returns the token in force
   * @throws {TunnelError} `auth` with the server's words if it refuses; `unavailable`
   *   without a session; `unsupported` of a client that is no provider
   */
  addConnector(token?: string): Promise<string>;
  /** Removes such a token and closes its connectors. Throws as `addConnector`. */
  removeConnector(token: string): Promise<void>;
  /**
   * Accepts nothing more, lets requests end for a while, then ends. Never rejects:
   * what went wrong before stands in `ready` and `closed`.
   */
  close(): Promise<void>;
  /** Ends at once. */
  abort(): void;
  /** Resolves when everything is closed; rejects with the error that ended it. */
  readonly closed: Promise<void>;
}

/**
 * Starts a client: keeps a tunnel to the server and serves apps on a proxy port,
 * or dials targets for the server.
 *
 * Needs `--allow-net`; with a `ws` server, for a socket in the temporary directory,
 * `--allow-read` and `--allow-write`; and `--allow-ffi` for TCP Fast Open.
 *
 * @throws {ConfigError} if an option is not possible
 * @throws {TunnelError} if the SOCKS port cannot be had (with `noWait`)
 */
export async function startClient(options: ClientOptions): Promise<Client> {
  const { stateDir, logger = SILENT, signal } = options;
  signal?.throwIfAborted();
  const opened = await openLearnt(stateDir, { owner: "client", logger });
  const client = new TunnelClient(options, opened);
  abortWith(client, signal);
  return client;
}

class TunnelClient implements Client {
  readonly counters = new Counters();
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly #tfo: TfoChoice;
  readonly #gracePeriodMs: number;
  readonly #opened: OpenedLearnt;
  readonly #chosen: ChosenBackend;
  readonly #sessions: SessionPool;
  readonly #side: ClientSide;
  readonly #observer: Observer;
  #closing = false;

  constructor(options: ClientOptions, opened: OpenedLearnt) {
    const {
      reconnect = true,
      retryAuth = false,
      noWait = false,
      threads = 1,
      renewMs = 0,
      tfo = parseTfoChoice("auto"),
      backend = "auto",
      logger = SILENT,
      gracePeriodMs = 5000,
    } = options;
    const urls = [options.url].flat().map(normalizeTunnelUrl);
    if (urls.length === 0) throw new ConfigError("--url", "must not be empty");
    // All that may be wrong is known before anything is dialled.
    const login = checkedLogin(options.username, options.password);
    const udp = udpEntryOptions(options);
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
      const rule = `must be an integer from 1 to ${MAX_THREADS}`;
      throw new ConfigError("--threads", rule);
    }
    checkUpstreamProxy(options.upstreamProxy);
    this.#tfo = tfo;
    this.#gracePeriodMs = gracePeriodMs;
    this.#opened = opened;
    const { observer } = options;
    this.#observer = observeBoth(this.counters.observe, observer, logger);
    this.#chosen = chooseBackend(backend, logger);
    const open = this.#opener(urls, options);
    const pool = { size: threads, renewMs, reconnect, retryAuth, logger, open };
    this.#sessions = new SessionPool(pool);
    this.#side = options.reverse
      ? this.#exitSide(options)
      : this.#entrySide(options, { login, udp });
    if (noWait) {
      try {
        this.#side.open();
      } catch (error) {
        this.#sessions.close();
        throw error;
      }
    }
    const finished = Promise.withResolvers<void>();
    this.closed = finished.promise;
    this.closed.catch(() => {});
    this.ready = this.#sessions.ready.then(() => this.#side.open());
    this.ready.catch(() => {});
    this.#run().then(finished.resolve, finished.reject);
  }

  #entrySide(
    options: ClientOptions,
    checked: Pick<EntryOptions, "login" | "udp">,
  ): ClientSide {
    const {
      socksHost = "127.0.0.1",
      socksPort = 9870,
      optimistic = false,
      logger = SILENT,
    } = options;
    return new EntrySide({
      backend: this.#chosen.backend,
      sessions: this.#sessions,
      host: socksHost,
      port: socksPort,
      fastOpen: this.#tfo.socks,
      optimistic,
      speaksFirst: this.#opened.learnt.speaksFirst,
      ...checked,
      logger,
      observer: this.#observer,
    });
  }

  #exitSide(options: ClientOptions): ClientSide {
    const { connectorToken, tfoAny = false, logger = SILENT } = options;
    const { backend } = this.#chosen;
    const resolver = new Resolver();
    const observer = this.#observer;
    const direct = directDialer(backend, resolver, {
      fastOpen: this.#tfo.target && fastOpenSupport().dial.supported,
      anyBytes: tfoAny,
      synFailed: () => observer({ type: "synFailed", hop: "target" }),
      memory: this.#opened.learnt.fastOpen,
    });
    const dialer = withUpstreamProxy(direct, options.upstreamProxy, logger);
    const { udpIdleMs: idleMs } = options;
    const udp = { backend, resolver, idleMs, logger, observer };
    const udpExit = new UdpExit(udp);
    return new ExitSide({ dialer, udpExit, connectorToken, logger, observer });
  }

  /** What opens a session with the server that answers first. */
  #opener(
    urls: readonly URL[],
    options: ClientOptions,
  ): (signal: AbortSignal) => Promise<Session> {
    const {
      token,
      reverse = false,
      followHosts = false,
      environmentProxy,
      caCerts,
      logger = SILENT,
    } = options;
    const { backend } = this.#chosen;
    const observer = this.#observer;
    const proxyFor = environmentProxyOf(urls, environmentProxy, logger);
    const dialer = directDialer(backend, new Resolver(), {
      fastOpen: this.#tfo.tunnel && fastOpenSupport().dial.supported,
      synFailed: () => observer({ type: "synFailed", hop: "tunnel" }),
      memory: this.#opened.learnt.fastOpen,
    });
    const identity = { token, reverse, instance: crypto.randomUUID() };
    return async (signal) => {
      const dial = (url: URL, signal: AbortSignal) =>
        dialTunnel({
          url,
          identity,
          backend,
          dialer,
          proxyFor,
          followHosts,
          signal,
          ...(caCerts ? { caCerts } : {}),
        });
      const fastest = await dialFastest(urls, dial, signal);
      const { transport, v1, conn, pong, url } = fastest;
      const { result: syn, rttUs, reason } = conn?.fastOpen ?? FAST_OPEN_OFF;
      observer({ type: "syn", hop: "tunnel", result: syn, rttUs });
      const session = new Session(transport, {
        v1,
        atTurnEnd: (task) => backend.atTurnEnd(task),
        logger,
        ...this.#side.sessionOptions(),
      });
      observer({ type: "sessionOpened", peer: url.host, v1 });
      const { host } = url;
      logger.info("Connected to the server", {
        ...{ host, v1, syn },
        ...(syn === "avoided" ? { because: reason } : {}),
      });
      session.closed.then(({ message: reason }) =>
        observer({ type: "sessionClosed", peer: url.host, reason })
      );
      const onAbort = () => session.close();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        await this.#side.joined(session, pong);
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
      return session;
    };
  }

  async #run(): Promise<void> {
    let failure: unknown;
    try {
      // A SOCKS port that cannot be had ends the client.
      await this.ready;
      await this.#sessions.closed;
    } catch (error) {
      if (!this.#closing) failure = error;
    }
    this.#sessions.close();
    this.#side.close();
    await this.#sessions.closed.catch(() => {});
    await this.#chosen.backend.idle();
    await this.#opened.close();
    if (failure !== undefined) throw failure;
  }

  get addr(): { hostname: string; port: number } | undefined {
    return this.#side.addr;
  }

  report(): string[] {
    return hopReport(this.#side.hops, this.#tfo, this.#chosen);
  }

  async connect(options: ConnectOptions): Promise<StreamConn> {
    await abortable(this.ready, options.signal);
    return await this.#side.connect(options);
  }

  addConnector(token: string = ""): Promise<string> {
    return this.#side.addConnector(token);
  }

  removeConnector(token: string): Promise<void> {
    return this.#side.removeConnector(token);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, this.#gracePeriodMs);
      });
      const ended = this.closed.catch(() => {});
      await Promise.race([this.#side.drained(), grace, ended]);
      clearTimeout(timer);
      this.abort();
    }
    await this.closed.catch(() => {});
  }

  abort(): void {
    this.#closing = true;
    this.#sessions.close();
  }
}
