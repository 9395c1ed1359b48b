import { abortable } from "../base/abortable.ts";
import { abortWith } from "../base/abort_with.ts";
import { Counters } from "../base/counters.ts";
import type { Observer } from "../base/events.ts";
import { observeBoth } from "../base/observers.ts";
import { ExitStack } from "../exit/exit_stack.ts";
import { chooseBackend, type ChosenBackend } from "../net/choose_backend.ts";
import { hopReport } from "../net/hop_report.ts";
import type { StreamConn } from "../net/stream_conn.ts";
import { type OpenedLearned, openLearned } from "../state/state_file.ts";
import type { ClientSide } from "./client_side.ts";
import type { ConnectOptions } from "./connect.ts";
import { EntrySide } from "./entry_side.ts";
import { ExitSide } from "./exit_side.ts";
import { sessionOpener } from "./open_session.ts";
import {
  type CheckedClientOptions,
  type ClientOptions,
  parseClientOptions,
} from "./options.ts";
import { SessionPool } from "./session_pool.ts";

export type { ClientOptions };

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
  const { signal } = options;
  signal?.throwIfAborted();
  const checked = parseClientOptions(options);
  const { stateDir, logger } = checked;
  const opened = await openLearned(stateDir, { owner: "client", logger });
  const client = new TunnelClient(checked, opened);
  if (checked.noWait) await client.openOrEnd();
  abortWith(client, signal);
  return client;
}

class TunnelClient implements Client {
  readonly counters = new Counters();
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly #options: CheckedClientOptions;
  readonly #opened: OpenedLearned;
  readonly #chosen: ChosenBackend;
  readonly #sessions: SessionPool;
  readonly #side: ClientSide;
  readonly #observer: Observer;
  #closing = false;

  constructor(options: CheckedClientOptions, opened: OpenedLearned) {
    const { threads, renewMs, reconnect, retryAuth, logger } = options;
    this.#options = options;
    this.#opened = opened;
    const { observer } = options;
    this.#observer = observeBoth(this.counters.observe, observer, logger);
    this.#chosen = chooseBackend(options.backend, logger);
    const open = sessionOpener(options, {
      backend: this.#chosen.backend,
      memory: opened.learned.fastOpen,
      observer: this.#observer,
      side: () => this.#side,
    });
    this.#sessions = new SessionPool({
      size: threads,
      server: options.urls.map(({ host }) => host).join(" or "),
      ...{ renewMs, reconnect, retryAuth, logger, open },
    });
    this.#side = options.reverse ? this.#exitSide() : this.#entrySide();
    const finished = Promise.withResolvers<void>();
    this.closed = finished.promise;
    this.closed.catch(() => {});
    this.ready = this.#sessions.ready.then(() => this.#side.open());
    this.ready.catch(() => {});
    this.#run().then(finished.resolve, finished.reject);
  }

  #entrySide(): ClientSide {
    const { socksHost, socksPort, optimistic, login, udp, tfo, logger } =
      this.#options;
    return new EntrySide({
      backend: this.#chosen.backend,
      sessions: this.#sessions,
      host: socksHost,
      port: socksPort,
      fastOpen: tfo.socks,
      optimistic,
      speaksFirst: this.#opened.learned.speaksFirst,
      login,
      udp,
      logger,
      observer: this.#observer,
    });
  }

  #exitSide(): ClientSide {
    const { connectorToken, tfo, tfoAny, udp, upstreamProxy, logger } =
      this.#options;
    const exit = new ExitStack({
      backend: this.#chosen.backend,
      fastOpen: tfo.target,
      anyBytes: tfoAny,
      memory: this.#opened.learned.fastOpen,
      upstreamProxy,
      udpIdleMs: udp.idleMs,
      logger,
      observer: this.#observer,
    });
    return new ExitSide({ exit, connectorToken, logger });
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
    return hopReport(this.#side.hops, this.#options.tfo, this.#chosen);
  }

  /** Opens the SOCKS port now; if that fails, rejects when all else has ended. */
  async openOrEnd(): Promise<void> {
    try {
      this.#side.open();
    } catch (error) {
      this.abort();
      await this.closed.catch(() => {});
      throw error;
    }
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
        timer = setTimeout(resolve, this.#options.gracePeriodMs);
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
