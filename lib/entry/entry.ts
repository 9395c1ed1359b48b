import { formatTarget } from "../base/address.ts";
import { Deadlines } from "../base/deadlines.ts";
import { errorCode, errorText, TunnelError } from "../base/errors.ts";
import { Handshake } from "../inbound/handshake.ts";
import type {
  InboundRequest,
  TcpRequest,
  UdpRequest,
} from "../inbound/request.ts";
import type { Login } from "../inbound/socks5.ts";
import type { Backend, Listener } from "../net/backend.ts";
import type { Conn } from "../net/conn.ts";
import { AppRequest, type AppRequestOptions } from "./app_request.ts";
import { whenOpen } from "./session_source.ts";
import { UdpEntry, type UdpEntryOptions } from "./udp_entry.ts";

/** What an entry needs. */
export interface EntryOptions extends AppRequestOptions {
  /** Where sockets come from. */
  backend: Backend;
  /** Where to listen: an IP address and a port, 0 for a free one. */
  host: string;
  /** See `host`. */
  port: number;
  /** Take data in the SYNs of apps. */
  fastOpen: boolean;
  /** Who may come in. */
  login?: Login | undefined;
  /** How apps may send datagrams. @default anywhere, any port, 5 minutes idle */
  udp?: Pick<UdpEntryOptions, "host" | "ports" | "idleMs">;
}

/** Deadline for an app's handshake. */
const HANDSHAKE_DEADLINE_MS = 10_000;

/** The app side: a proxy port whose conns become channels. */
export class Entry {
  readonly #options: EntryOptions;
  readonly #listener: Listener;
  readonly #handshakes = new Deadlines(HANDSHAKE_DEADLINE_MS);
  /** Conns in a handshake, or whose request waits for a session. */
  readonly #conns = new Set<Conn>();
  readonly #requests = new Set<AppRequest>();
  readonly #udp: UdpEntry;
  #closed = false;
  #drained: (() => void) | undefined;

  /** Listens at once. Throws `TunnelError` if the port is not available. */
  constructor(options: EntryOptions) {
    this.#options = options;
    const { backend, host, port, fastOpen, logger } = options;
    const { optimistic, observer, udp } = options;
    this.#udp = new UdpEntry({
      backend,
      optimistic,
      logger,
      observer,
      ...udp,
    });
    try {
      this.#listener = backend.listen({ host, port, fastOpen }, {
        accepted: (conn) => this.#accepted(conn),
        measured: (rttUs) =>
          observer({ type: "synSaved", hop: "socks", rttUs }),
        acceptFailed: (error) =>
          logger.warn("Cannot accept", { error: error.message }),
      });
    } catch (error) {
      throw new TunnelError(
        errorCode(error),
        `Cannot listen on ${formatTarget({ host, port })}: ${errorText(error)}`,
        { cause: error },
      );
    }
  }

  /** Where it listens. */
  get addr(): { hostname: string; port: number } {
    const { host, port } = this.#listener.addr;
    return { hostname: host, port };
  }

  /** Lets the program end although the port is open. */
  unref(): void {
    this.#listener.unref();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#listener.ref();
  }

  /** Requests that are being served. */
  get active(): number {
    return this.#requests.size + this.#udp.active;
  }

  /** Accepts nothing more; requests that are being served go on. */
  stopAccepting(): void {
    this.#listener.close();
  }

  /** Resolves when no request is being served any more. */
  drained(): Promise<void> {
    if (this.active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained = resolve);
  }

  /** Closes the port and everything that waits; channels end with the session. */
  close(): void {
    this.#closed = true;
    this.#listener.close();
    for (const conn of this.#conns) conn.reset();
    this.#conns.clear();
    this.#udp.close();
    this.#handshakes.clear();
    for (const request of this.#requests) request.close();
  }

  #accepted(conn: Conn): void {
    const { observer, login } = this.#options;
    const { result, rttUs } = conn.fastOpen;
    observer({ type: "syn", hop: "socks", result, rttUs });
    this.#conns.add(conn);
    const handshake = new Handshake(conn, {
      login,
      udp: true,
      requested: (request) => {
        this.#handshakes.cancel(deadline);
        this.#conns.delete(conn);
        this.#requested(request);
      },
      failed: () => {
        this.#handshakes.cancel(deadline);
        this.#conns.delete(conn);
        observer({ type: "handshakeFailed" });
      },
    });
    const deadline = this.#handshakes.add(() => handshake.abort());
    handshake.start();
  }

  /** Serves a request that did not come through the port; takes over its conn. */
  serve(request: TcpRequest): void {
    if (this.#closed) return request.fail("closed");
    this.#requested(request);
  }

  /** Serves the request when there is a session. */
  #requested(request: InboundRequest): void {
    const { sessions, observer } = this.#options;
    observer({ type: "requested" });
    this.#conns.add(request.conn);
    whenOpen(sessions, (isOpen) => {
      if (this.#closed) return;
      this.#conns.delete(request.conn);
      if (!isOpen) request.fail("unavailable");
      else if (request.kind === "tcp") this.#serve(request);
      else this.#associate(request);
    });
  }

  #serve(request: TcpRequest): void {
    const serving = new AppRequest(this.#options, request, () => {
      this.#requests.delete(serving);
      this.#finished();
    });
    this.#requests.add(serving);
    serving.start();
  }

  #associate(request: UdpRequest): void {
    const session = this.#options.sessions.pick();
    if (!session) return request.fail("unavailable");
    this.#udp.serve(session, request, () => this.#finished());
  }

  #finished(): void {
    if (this.active === 0) this.#drained?.();
  }
}
