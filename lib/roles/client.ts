import { ConfigError } from "../base/errors.ts";
import { Counters } from "../base/events.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import { HappyEyeballsDialer } from "../dial/happy_eyeballs.ts";
import { type BackendChoice, chooseBackend } from "../net/choose_backend.ts";
import { fastOpenSupport } from "../net/fast_open.ts";
import { Resolver } from "../net/resolver.ts";
import { parseTfoChoice, type TfoChoice } from "../net/tfo_choice.ts";
import { dialTunnel } from "../tunnel/dial_tunnel.ts";
import { Session } from "../tunnel/session.ts";
import { SessionPool } from "../tunnel/session_pool.ts";
import { normalizeTunnelUrl } from "../tunnel/tunnel_url.ts";
import { Entry, type EntryOptions } from "./entry.ts";
import { hopReport } from "./hop_report.ts";
import { udpEntryOptions, type UdpOptions } from "./udp_options.ts";

/** How a client behaves. */
export interface ClientOptions extends UdpOptions {
  /** The server, such as `ws://host:8765`. */
  url: string;
  /** The secret of the server's clients. */
  token: string;
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
  /** Where to use TCP Fast Open. @default all hops */
  tfo?: TfoChoice;
  /** Which sockets to use. @default {"auto"} */
  backend?: BackendChoice;
  /** PEM of certificates to trust in addition, for `wss`. */
  caCerts?: string[];
  /** Where to say what happens. */
  logger?: Logger;
  /** How long `close` waits for requests to end, in milliseconds. @default {5000} */
  gracePeriodMs?: number;
}

/** More WebSockets than this bring nothing. */
const MAX_THREADS = 64;

/** A client that runs. */
export interface Client {
  /** Where the SOCKS port listens, once it does. */
  readonly addr: { hostname: string; port: number } | undefined;
  /** What happened so far. */
  readonly counters: Counters;
  /** Resolves when the server was reached and the SOCKS port listens. */
  readonly ready: Promise<void>;
  /** One line for each hop: what TCP Fast Open does there, and if nothing, why. */
  report(): string[];
  /** Accepts nothing more, lets requests end for a while, then ends. */
  close(): Promise<void>;
  /** Ends at once. */
  abort(): void;
  /** Resolves when everything is closed; rejects with the error that ended it. */
  readonly closed: Promise<void>;
}

/**
 * Starts a client: keeps a tunnel to the server and serves apps on a SOCKS5 port.
 *
 * @throws {ConfigError} if an option is not possible
 * @throws {TunnelError} if the SOCKS port cannot be had (with `noWait`)
 */
export function startClient(options: ClientOptions): Promise<Client> {
  try {
    return Promise.resolve(new ForwardClient(options));
  } catch (error) {
    return Promise.reject(error);
  }
}

class ForwardClient implements Client {
  readonly counters = new Counters();
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly #tfo: TfoChoice;
  readonly #gracePeriodMs: number;
  readonly #chosen: ReturnType<typeof chooseBackend>;
  readonly #sessions: SessionPool;
  readonly #entryOptions: EntryOptions;
  #entry: Entry | undefined;
  #closing = false;

  constructor(options: ClientOptions) {
    const {
      token,
      socksHost = "127.0.0.1",
      socksPort = 9870,
      username = "",
      password = "",
      optimistic = false,
      noWait = false,
      reconnect = true,
      retryAuth = false,
      threads = 1,
      renewMs = 0,
      tfo = parseTfoChoice("auto"),
      backend = "auto",
      logger = SILENT,
      gracePeriodMs = 5000,
    } = options;
    const url = normalizeTunnelUrl(options.url);
    if ((username === "") !== (password === "")) {
      throw new ConfigError(
        username === "" ? "--socks-username" : "--socks-password",
        "user name and password must be given together",
      );
    }
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
      const rule = `must be an integer from 1 to ${MAX_THREADS}`;
      throw new ConfigError("--threads", rule);
    }
    const udp = udpEntryOptions(options);
    this.#tfo = tfo;
    this.#gracePeriodMs = gracePeriodMs;
    this.#chosen = chooseBackend(backend, logger);
    const sockets = this.#chosen.backend;
    const observer = this.counters.observe;
    const support = fastOpenSupport();
    const dialer = new HappyEyeballsDialer(sockets, new Resolver(), {
      fastOpen: tfo.tunnel && support.dial.supported,
    });
    const instance = crypto.randomUUID();
    this.#sessions = new SessionPool({
      size: threads,
      renewMs,
      reconnect,
      retryAuth,
      logger,
      open: async (signal) => {
        const tunnel = await dialTunnel({
          url,
          identity: { token, reverse: false, instance },
          backend: sockets,
          dialer,
          signal,
          ...(options.caCerts ? { caCerts: options.caCerts } : {}),
        });
        const { transport, v1, conn } = tunnel;
        const syn = conn?.fastOpen ?? { result: "off", rttUs: 0 };
        observer({ type: "syn", hop: "tunnel", ...syn });
        const session = new Session(transport, {
          v1,
          atTurnEnd: (task) => sockets.atTurnEnd(task),
          logger,
        });
        observer({ type: "sessionOpened", peer: url.host, v1 });
        logger.info("Connected to the server", { v1, syn: syn.result });
        session.closed.then(({ message: reason }) =>
          observer({ type: "sessionClosed", peer: url.host, reason })
        );
        return session;
      },
    });
    const encoder = new TextEncoder();
    this.#entryOptions = {
      backend: sockets,
      sessions: this.#sessions,
      host: socksHost,
      port: socksPort,
      fastOpen: tfo.socks && support.listen.supported,
      optimistic,
      udp,
      login: username === "" ? undefined : {
        username: encoder.encode(username),
        password: encoder.encode(password),
      },
      logger,
      observer,
    };
    if (noWait) {
      try {
        this.#entry = new Entry(this.#entryOptions);
      } catch (error) {
        this.#sessions.close();
        throw error;
      }
    }
    const finished = Promise.withResolvers<void>();
    this.closed = finished.promise;
    this.closed.catch(() => {});
    this.ready = this.#sessions.ready.then(() => {
      this.#entry ??= new Entry(this.#entryOptions);
    });
    this.ready.catch(() => {});
    this.#run().then(finished.resolve, finished.reject);
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
    this.#entry?.close();
    await this.#sessions.closed.catch(() => {});
    await this.#chosen.backend.idle();
    if (failure !== undefined) throw failure;
  }

  get addr(): { hostname: string; port: number } | undefined {
    return this.#entry?.addr;
  }

  report(): string[] {
    return hopReport(["socks", "tunnel"], this.#tfo, this.#chosen);
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#entry?.stopAccepting();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, this.#gracePeriodMs);
      });
      await Promise.race([this.#entry?.drained(), grace, this.closed]);
      clearTimeout(timer);
      this.abort();
    }
    await this.closed;
  }

  abort(): void {
    this.#closing = true;
    this.#sessions.close();
  }
}
