import { SYSTEM_CLOCK } from "../base/clock.ts";
import { Counters } from "../base/counters.ts";
import { observeBoth } from "../base/observers.ts";
import { chooseBackend, type ChosenBackend } from "../net/choose_backend.ts";
import { awaitsRoundTrip } from "../net/fast_open.ts";
import type { Hop } from "../base/hop.ts";
import type { Session } from "../session/session.ts";
import { hopReport } from "../net/hop_report.ts";
import { serveConnector } from "./serve_connector.ts";
import type { AdmittedClient, ServerContext } from "./server_context.ts";
import { serveForward } from "./serve_forward.ts";
import { TunnelListener } from "./tunnel_listener.ts";
import type { CheckedServerOptions } from "./options.ts";
import { serveProvider } from "./serve_provider.ts";
import { ServerTokens } from "./server_tokens.ts";
import { type OpenedLearned, openLearned } from "../state/state_file.ts";
import type { Membership, Token } from "../tokens/token.ts";
import type { TokenApi } from "../tokens/token_api.ts";
import { ExitStack } from "../exit/exit_stack.ts";

/** A running server. Disposing of it closes it. */
export interface Server extends AsyncDisposable {
  /** Where it listens. */
  readonly addr: { hostname: string; port: number };
  /** What happened so far. */
  readonly counters: Counters;
  /** Sessions that are open now. */
  readonly sessionCount: number;
  /** Its tokens: add and remove them while it runs. */
  readonly tokens: TokenApi;
  /** One line per hop: what TCP Fast Open does there, and if nothing, why. */
  report(): string[];
  /**
   * Lets the program end while the server's ports are open. Connected clients
   * and worker threads still keep it running.
   */
  unref(): void;
  /** Undoes `unref`. */
  ref(): void;
  /** Accepts nothing more, lets channels end for a while, then ends. */
  close(): Promise<void>;
  /** Ends at once. */
  abort(): void;
  /** Resolves when everything is closed. */
  readonly closed: Promise<void>;
}

/** RFC 6455, section 7.4.1: going away. */
const CLOSE_GOING_AWAY = 1001;
/** What the log calls clients, by the kind of their token. */
const ROLES: { readonly [Kind in Token["kind"]]: string } = {
  forward: "client",
  reverse: "provider",
  connector: "connector",
};
/** How often a drain checks whether it is done. */
const DRAIN_POLL_MS = 20;

/** Starts a server of one thread, that has no signal yet. Throws as `startServer`. */
export async function startOne(checked: CheckedServerOptions): Promise<Server> {
  const { stateDir, logger } = checked;
  const opened = await openLearned(stateDir, { owner: "server", logger });
  const server = new RelayServer(checked, opened);
  try {
    server.addTokens();
    // Before that, a client with the right token would be rejected.
    server.listen();
  } catch (error) {
    await server.close();
    throw error;
  }
  await server.tuned();
  return server;
}

class RelayServer implements Server {
  readonly counters = new Counters();
  readonly tokens: ServerTokens;
  readonly closed: Promise<void>;
  readonly #options: CheckedServerOptions;
  readonly #opened: OpenedLearned;
  #whyNotTuned: string | undefined;
  readonly #chosen: ChosenBackend;
  readonly #context: ServerContext;
  readonly #sessions = new Set<Session>();
  /** Ends the grace period. */
  readonly #abort = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  #listener: TunnelListener<Token> | undefined;
  #closing = false;

  constructor(options: CheckedServerOptions, opened: OpenedLearned) {
    const { tfo, tfoAny, udp, upstreamProxy, logger } = options;
    this.#options = options;
    this.#opened = opened;
    this.#chosen = chooseBackend(options.backend, logger);
    const sockets = this.#chosen.backend;
    const { observer: own } = options;
    const observer = observeBoth(this.counters.observe, own, logger);
    const { fastOpen: memory, speaksFirst } = opened.learned;
    this.#context = {
      backend: sockets,
      exit: new ExitStack({
        backend: sockets,
        fastOpen: tfo.target,
        anyBytes: tfoAny,
        memory,
        upstreamProxy,
        udpIdleMs: udp.idleMs,
        logger,
        observer,
      }),
      udpEntry: udp,
      logger,
      observer,
      socksHost: options.socksHost,
      socksFastOpen: tfo.socks,
      socksNoWait: options.socksNoWait,
      optimistic: options.optimistic,
      speaksFirst,
      connectorWaitMs: options.connectorWaitMs,
    };
    this.tokens = new ServerTokens(this.#context);
    this.closed = this.#closed.promise;
    this.closed.catch(() => {});
  }

  /** Adds the tokens of the options. */
  addTokens(): void {
    const { token, reverse } = this.#options;
    if (token !== undefined) this.tokens.addForward(token);
    for (const { autonomy = false, connectorToken, ...rest } of reverse) {
      const allowManageConnector = autonomy;
      const added = this.tokens.addReverse({ ...rest, allowManageConnector });
      if (connectorToken === undefined) continue;
      this.tokens.addConnector({
        token: connectorToken,
        reverse: added.token,
      });
    }
  }

  /** Takes clients from now on. */
  listen(): void {
    const { hostname, port, reusePort, answer } = this.#options;
    this.#listener = new TunnelListener<Token>({
      hostname,
      port,
      reusePort,
      logger: this.#context.logger,
      answer: (request) => answer?.(request, this.tokens),
      judge: (credentials) => this.tokens.judge(credentials),
      admitted: (token, client) => this.#admitted(token, client),
    });
  }

  /** Resolves when the listener has its socket options. */
  async tuned(): Promise<void> {
    // Once Deno owns a listener, it is found by its address.
    await Promise.resolve();
    const { hostname: host, port } = this.addr;
    const { runtime } = this.#context.backend;
    const fastOpen = this.#options.tfo.ws;
    this.#whyNotTuned = runtime.tuneServeListener({ host, port }, { fastOpen });
  }

  get addr(): { hostname: string; port: number } {
    return this.#listener!.addr;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  report(): string[] {
    const types = new Set(this.tokens.snapshot().map(({ type }) => type));
    const hops: Hop[] = ["ws"];
    if (types.has("reverse")) hops.push("socks");
    if (types.has("forward")) hops.push("target");
    return hopReport(hops, this.#options.tfo, this.#chosen, this.#whyNotTuned);
  }

  #admitted(
    token: Token,
    client: Omit<AdmittedClient, "heard" | "logger">,
  ): void {
    const { backend, observer, logger } = this.#context;
    const { remote, v1 } = client;
    const peer = `${remote.host}:${remote.port}`;
    const inspect = () => backend.runtime.inspectServed(remote, this.addr.port);
    const outcome = inspect();
    const { result, rttUs } = outcome;
    observer({ type: "syn", hop: "ws", result, rttUs });
    const heard = (): void => {
      if (!awaitsRoundTrip(outcome)) return;
      observer({ type: "synSaved", hop: "ws", rttUs: inspect().rttUs });
    };
    const log = logger.child({ peer });
    const membership = this.tokens.enter(token, client.instance);
    const session = this.#serve(membership, { ...client, heard, logger: log });
    this.#sessions.add(session);
    observer({ type: "sessionOpened", peer, v1 });
    log.info("Client connected", {
      role: ROLES[token.kind],
      speaks: v1 ? "synsocks" : "linksocks",
      syn: result,
    });
    session.closed.then(({ message: reason }) => {
      this.#sessions.delete(session);
      observer({ type: "sessionClosed", peer, reason });
      log.info("Client disconnected", { reason });
    });
    this.tokens.join(session, membership);
  }

  #serve(membership: Membership, client: AdmittedClient): Session {
    const { token } = membership;
    const connectors = {
      addConnector: (wish: string) =>
        this.tokens.addConnectorOf(membership, wish),
      removeConnector: (name: string) =>
        this.tokens.removeConnectorOf(membership, name),
    };
    switch (token.kind) {
      case "forward":
        return serveForward(this.#context, client, connectors);
      case "reverse":
        return serveProvider(this.#context, client, connectors);
      case "connector": {
        const { providers } = this.tokens.endpointOf(token).group(token.group);
        return serveConnector(this.#context, client, providers);
      }
    }
  }

  unref(): void {
    this.#listener?.unref();
    this.tokens.unref();
  }

  ref(): void {
    this.#listener?.ref();
    this.tokens.ref();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#shutDown().then(this.#closed.resolve, this.#closed.reject);
    }
    return this.closed;
  }

  async #shutDown(): Promise<void> {
    this.#listener?.stopAccepting();
    this.tokens.stopAccepting();
    // Clients move to another server while their channels finish. The port stays
    // open and refuses: `shutdown` would close upgraded requests, too.
    for (const session of this.#sessions) session.announceDrain();
    await this.#drained();
    this.#closeSessions();
    this.tokens.close();
    await this.#listener?.shutdown();
    await this.#context.backend.idle();
    await this.#opened.close();
  }

  /** Channels may end by themselves until the grace period is over. */
  async #drained(): Promise<void> {
    const { gracePeriodMs } = this.#options;
    const { signal } = this.#abort;
    const until = performance.now() + gracePeriodMs;
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
