import { SYSTEM_CLOCK } from "../base/clock.ts";
import { ConfigError, errorText, TunnelError } from "../base/errors.ts";
import { Counters } from "../base/events.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import { HappyEyeballsDialer } from "../dial/happy_eyeballs.ts";
import {
  type BackendChoice,
  chooseBackend,
  type ChosenBackend,
} from "../net/choose_backend.ts";
import type { Backend, SocketAddress } from "../net/conn.ts";
import { fastOpenSupport } from "../net/fast_open.ts";
import { Resolver } from "../net/resolver.ts";
import { parseTfoChoice, type TfoChoice } from "../net/tfo_choice.ts";
import {
  acceptTunnel,
  type Credentials,
  isUpgrade,
  type Verdict,
} from "../tunnel/accept_tunnel.ts";
import { Session } from "../tunnel/session.ts";
import type { Transport } from "../tunnel/transport.ts";
import { hashToken, isReserved } from "../wire/token.ts";
import { Exit } from "./exit.ts";
import { hopReport } from "./hop_report.ts";
import { startWorkers } from "./server_workers.ts";
import { UdpExit } from "./udp_exit.ts";

/** How a server behaves. */
export interface ServerOptions {
  /** The secret of its clients. */
  token: string;
  /** Where to listen: an IP address. @default {"0.0.0.0"} */
  hostname?: string;
  /** The port; 0 takes a free one. @default {8765} */
  port?: number;
  /** Where to use TCP Fast Open. @default all hops */
  tfo?: TfoChoice;
  /** Put any first bytes into a SYN, not only those that may arrive twice. @default {false} */
  tfoAny?: boolean;
  /** Which sockets to use. @default {"auto"} */
  backend?: BackendChoice;
  /**
   * Threads, each with a listening socket of its own; more than one needs Linux.
   *
   * @default {1}
   */
  workers?: number;
  /** Share the port with other programs of this user (`SO_REUSEPORT`). @default {false} */
  reusePort?: boolean;
  /** A UDP association without datagrams ends after so long, in milliseconds. @default {300000} */
  udpIdleMs?: number;
  /** Where to say what happens. */
  logger?: Logger;
  /** How long `close` waits for channels to end, in milliseconds. @default {5000} */
  gracePeriodMs?: number;
}

/** A server that listens. */
export interface Server {
  /** Where it listens. */
  readonly addr: { hostname: string; port: number };
  /** What happened so far. */
  readonly counters: Counters;
  /** Sessions that are open now. */
  readonly sessionCount: number;
  /** One line for each hop: what TCP Fast Open does there, and if nothing, why. */
  report(): string[];
  /** Accepts nothing more, lets channels end for a while, then ends. */
  close(): Promise<void>;
  /** Ends at once. */
  abort(): void;
  /** Resolves when everything is closed. */
  readonly closed: Promise<void>;
}

/** RFC 6455, section 7.4.1: going away. */
const CLOSE_GOING_AWAY = 1001;
/** How often a drain looks whether it is over. */
const DRAIN_POLL_MS = 20;
const NAME = "synsocks";

/**
 * Starts a server: takes tunnels of clients that have the token, and dials what
 * they ask for.
 *
 * @throws {ConfigError} if an option is not possible
 * @throws {TunnelError} if it cannot listen
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { token } = options;
  if (token === "") throw new ConfigError("--token", "must not be empty");
  if (isReserved(token)) {
    throw new ConfigError("--token", `"${token}" is reserved`);
  }
  if (options.workers !== undefined && options.workers !== 1) {
    return await startWorkers(options);
  }
  const server = new ForwardServer(options, await hashToken(token));
  await server.tuned;
  return server;
}

class ForwardServer implements Server {
  readonly counters = new Counters();
  readonly addr: { hostname: string; port: number };
  readonly closed: Promise<void>;
  readonly tuned: Promise<void>;
  readonly #options: Required<
    Omit<ServerOptions, "token" | "workers" | "reusePort" | "udpIdleMs">
  >;
  readonly #token: string;
  readonly #hash: string;
  readonly #backend: Backend;
  readonly #chosen: ChosenBackend;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  readonly #sessions = new Set<Session>();
  readonly #dialer: HappyEyeballsDialer;
  readonly #udpExit: UdpExit;
  /** Ends the grace period. */
  readonly #abort = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  #closing = false;

  constructor(options: ServerOptions, hash: string) {
    const {
      token,
      hostname = "0.0.0.0",
      port = 8765,
      tfo = parseTfoChoice("auto"),
      tfoAny = false,
      backend = "auto",
      udpIdleMs,
      logger = SILENT,
      gracePeriodMs = 5000,
    } = options;
    this.#options = {
      hostname,
      port,
      tfo,
      tfoAny,
      backend,
      logger,
      gracePeriodMs,
    };
    this.#token = token;
    this.#hash = hash;
    const chosen = chooseBackend(backend, logger);
    this.#backend = chosen.backend;
    this.#chosen = chosen;
    const resolver = new Resolver();
    this.#udpExit = new UdpExit({
      backend: chosen.backend,
      resolver,
      idleMs: udpIdleMs,
      logger,
      observer: this.counters.observe,
    });
    this.#dialer = new HappyEyeballsDialer(chosen.backend, resolver, {
      fastOpen: tfo.target && fastOpenSupport().dial.supported,
      anyBytes: tfoAny,
    });
    this.closed = this.#closed.promise;
    this.closed.catch(() => {});
    try {
      this.#http = Deno.serve({
        hostname,
        port,
        reusePort: options.reusePort ?? false,
        onListen: () => {},
        onError: (error) => {
          logger.error("Unexpected error in a request", {
            error: errorText(error),
          });
          return new Response("Internal Server Error\n", { status: 500 });
        },
      }, (request, info) => this.#handle(request, info.remoteAddr));
    } catch (error) {
      throw new TunnelError(
        "unavailable",
        `Cannot listen on ${hostname}:${port}: ${errorText(error)}`,
        { cause: error },
      );
    }
    const { addr } = this.#http;
    this.addr = { hostname: addr.hostname, port: addr.port };
    this.tuned = Promise.resolve().then(() =>
      this.#backend.tuneServeListener(
        { host: addr.hostname, port: addr.port },
        { fastOpen: tfo.ws && fastOpenSupport().listen.supported },
      )
    );
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  report(): string[] {
    return hopReport(["ws", "target"], this.#options.tfo, this.#chosen);
  }

  #handle(request: Request, remote: Deno.NetAddr): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/") {
      return new Response(`${NAME} is running but API is not enabled.\n`);
    }
    if (pathname !== "/socket" && !pathname.startsWith("/socket/")) {
      return new Response("404 page not found\n", { status: 404 });
    }
    if (!isUpgrade(request)) {
      return new Response("Bad Request\n", {
        status: 400,
        headers: { "sec-websocket-version": "13" },
      });
    }
    if (this.#closing) {
      const headers = { "retry-after": "1" };
      return new Response("closing\n", { status: 503, headers });
    }
    const peer = `${remote.hostname}:${remote.port}`;
    return acceptTunnel<true>(request, {
      judge: (credentials) => this.#judge(credentials),
      admitted: (transport, v1) =>
        this.#admitted(transport, v1, peer, {
          host: remote.hostname,
          port: remote.port,
        }),
      rejected: (error) =>
        this.#options.logger.warn("Rejected a client", {
          peer,
          reason: error.message,
        }),
    });
  }

  #judge({ token, reverse }: Credentials): Verdict<true> {
    const matches = "hash" in token
      ? token.hash === this.#hash
      : token.plain === this.#token;
    // There is no reverse token yet: a provider cannot be right.
    return matches && reverse !== true
      ? { admitted: true, as: true }
      : { admitted: false, reason: "invalid token" };
  }

  #admitted(
    transport: Transport,
    v1: boolean,
    peer: string,
    remote: SocketAddress,
  ): void {
    const { logger } = this.#options;
    const observer = this.counters.observe;
    const log = logger.child({ peer });
    const { result, rttUs } = this.#backend.inspectServed(
      remote,
      this.addr.port,
    );
    observer({ type: "syn", hop: "ws", result, rttUs });
    const exit = new Exit({ dialer: this.#dialer, logger: log, observer });
    const session = new Session(transport, {
      v1,
      atTurnEnd: (task) => this.#backend.atTurnEnd(task),
      accept: (incoming) => exit.accept(incoming, v1),
      acceptDatagrams: this.#udpExit.accept,
      logger: log,
    });
    this.#sessions.add(session);
    observer({ type: "sessionOpened", peer, v1 });
    log.info("Client connected", { v1, syn: result });
    session.closed.then((error) => {
      this.#sessions.delete(session);
      observer({ type: "sessionClosed", peer, reason: error.message });
      log.info("Client disconnected", { reason: error.message });
    });
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#shutDown().then(this.#closed.resolve, this.#closed.reject);
    }
    return this.closed;
  }

  async #shutDown(): Promise<void> {
    // Clients look for another server while their channels end. The port is kept
    // meanwhile, and refuses: `shutdown` would close the upgraded requests, too.
    for (const session of this.#sessions) session.announceDrain();
    await this.#drained();
    this.#closeSessions();
    await this.#http.shutdown();
    await this.#backend.idle();
  }

  /** Channels may end by themselves until the grace period is over. */
  async #drained(): Promise<void> {
    const { signal } = this.#abort;
    const until = performance.now() + this.#options.gracePeriodMs;
    while (performance.now() < until && !signal.aborted) {
      if ([...this.#sessions].every((one) => one.channelCount === 0)) return;
      await SYSTEM_CLOCK.delay(DRAIN_POLL_MS, signal).catch(() => {});
    }
  }

  #closeSessions(): void {
    for (const session of this.#sessions) {
      session.close(CLOSE_GOING_AWAY, "the server is going away");
    }
  }

  abort(): void {
    this.#abort.abort();
    this.#closeSessions();
    this.close();
  }
}
