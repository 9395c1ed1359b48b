import { formatTarget } from "../base/address.ts";
import { type Deadline, Deadlines } from "../base/deadlines.ts";
import { errorCode, errorText, TunnelError } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import { Handshake } from "../inbound/handshake.ts";
import type { TcpRequest } from "../inbound/request.ts";
import type { Login } from "../inbound/socks5.ts";
import type { Backend, Listener } from "../net/backend.ts";
import type { Conn } from "../net/conn.ts";
import { FAILED } from "../net/conn.ts";
import type { Session } from "../session/session.ts";
import { Splice } from "../join/splice.ts";
import { MAX_FIRST_BYTES } from "../wire/limits.ts";
import type { SpeaksFirst } from "./speaks_first.ts";
import {
  type AssociateRequest,
  UdpEntry,
  type UdpEntryOptions,
} from "./udp_entry.ts";

/** Where an entry gets sessions from. */
export interface SessionSource {
  /** A session that is open now. */
  readonly current: Session | undefined;
  /** The next one; nothing when time is up. */
  next(timeoutMs: number): Promise<Session | undefined>;
}

/** What an entry needs. */
export interface EntryOptions {
  /** Where sockets come from. */
  backend: Backend;
  /** Where sessions come from. */
  sessions: SessionSource;
  /** Where to listen: an IP address and a port, 0 for a free one. */
  host: string;
  /** See `host`. */
  port: number;
  /** Take data in the SYNs of apps. */
  fastOpen: boolean;
  /** Tell apps that they are connected before the target is. */
  optimistic: boolean;
  /** Targets for which an app is not waited for; learns who speaks first. */
  speaksFirst: SpeaksFirst;
  /** Who may come in. */
  login?: Login | undefined;
  /** How apps may send datagrams. @default anywhere, any port, 5 minutes idle */
  udp?: Pick<UdpEntryOptions, "host" | "ports" | "idleMs">;
  /** Where to say what happens. */
  logger: Logger;
  /** Who is told what happens. */
  observer: Observer;
}

/** An app has so long for its handshake. */
const HANDSHAKE_DEADLINE_MS = 10_000;
/** The peer has so long to dial, 10 s, and to tell us. */
const RESPONSE_DEADLINE_MS = 15_000;
/** Without a session an app waits so long. */
const SESSION_WAIT_MS = 10_000;
/** An app that was told success has its first bytes here by then, or waits for
 * the target to speak first. */
const FIRST_BYTES_WAIT_MS = 2;
/** So long if it is the app that speaks first: a browser has its first bytes at
 * once, but curl reads all certificates of the system before it says ClientHello. To
 * wait for them costs nothing, as they travel with CONNECT and save a round trip. */
const APP_WAIT_MS = 25;

const SCRATCH = new Uint8Array(MAX_FIRST_BYTES);

/** The side that apps come to: a proxy port whose conns become channels. */
export class Entry {
  readonly #options: EntryOptions;
  readonly #listener: Listener;
  readonly #handshakes = new Deadlines(HANDSHAKE_DEADLINE_MS);
  readonly #responses = new Deadlines(RESPONSE_DEADLINE_MS);
  readonly #firstBytes = new Deadlines(FIRST_BYTES_WAIT_MS);
  readonly #appsFirstBytes = new Deadlines(APP_WAIT_MS);
  readonly #conns = new Set<Conn>();
  readonly #udp: UdpEntry;
  #closed = false;
  #active = 0;
  #drained: (() => void) | undefined;

  /** Listens at once. Throws `TunnelError` if the port cannot be had. */
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
    return this.#active;
  }

  /** Accepts nothing more; requests that are being served go on. */
  stopAccepting(): void {
    this.#listener.close();
  }

  /** Resolves when no request is being served any more. */
  drained(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
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
    this.#responses.clear();
    this.#firstBytes.clear();
    this.#appsFirstBytes.clear();
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
        observer({ type: "requested" });
        if (request.kind === "tcp") this.#onRequest(request);
        else this.#onAssociate(request);
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

  /** Serves a request that did not come through the port; it owns its conn. */
  serve(request: TcpRequest): void {
    if (this.#closed) return request.fail("closed");
    this.#options.observer({ type: "requested" });
    this.#onRequest(request);
  }

  #onRequest(request: TcpRequest): void {
    const session = this.#options.sessions.current;
    if (session) return this.#serve(session, request);
    this.#conns.add(request.conn);
    this.#options.sessions.next(SESSION_WAIT_MS).then((next) => {
      if (this.#closed) return;
      this.#conns.delete(request.conn);
      if (next) this.#serve(next, request);
      else request.fail("unavailable");
    });
  }

  #onAssociate(request: AssociateRequest): void {
    const serve = (session: Session): void => {
      this.#active++;
      this.#udp.serve(session, request, () => this.#finished());
    };
    const session = this.#options.sessions.current;
    if (session) return serve(session);
    this.#conns.add(request.conn);
    this.#options.sessions.next(SESSION_WAIT_MS).then((next) => {
      if (this.#closed) return;
      this.#conns.delete(request.conn);
      if (next) serve(next);
      else request.fail("unavailable");
    });
  }

  #serve(session: Session, request: TcpRequest): void {
    this.#active++;
    const { first, silent, target } = request;
    if (silent || !this.#options.optimistic) {
      return this.#open(session, request, first);
    }
    request.succeed();
    if (first.length > 0 || !session.v1) {
      return this.#open(session, request, first);
    }
    const speaker = this.#options.speaksFirst.expected(target);
    if (speaker === "target") return this.#open(session, request, first);
    const waits = speaker === "app" ? this.#appsFirstBytes : this.#firstBytes;
    this.#awaitFirst(session, request, waits);
  }

  /**
   * The app sends as soon as it has our reply. Its bytes go with CONNECT, so that
   * the exit has them for its SYN; but nobody waits long for an app that waits for
   * the target.
   */
  #awaitFirst(session: Session, request: TcpRequest, waits: Deadlines): void {
    const { conn } = request;
    const open = (first: Uint8Array): void => {
      waits.cancel(deadline);
      this.#conns.delete(conn);
      if (this.#closed) return;
      this.#open(session, request, first);
    };
    const readable = (): void => {
      const count = conn.read(SCRATCH);
      if (count === 0) return;
      if (count === FAILED) return gone();
      open(count > 0 ? SCRATCH.subarray(0, count) : EMPTY);
    };
    const gone = (): void => {
      waits.cancel(deadline);
      this.#conns.delete(conn);
      conn.reset();
      this.#finished();
    };
    const deadline = waits.add(() => open(EMPTY));
    this.#conns.add(conn);
    conn.handler = { readable, writable() {}, failed: gone };
    readable();
  }

  /** `bytes` are what has been read of the app and is for the target. */
  #open(session: Session, request: TcpRequest, bytes: Uint8Array): void {
    const { optimistic, speaksFirst, logger, observer } = this.#options;
    const { conn, target, silent } = request;
    const told = optimistic && !silent;
    // An app that is told nothing loses nothing when its first bytes go with
    // CONNECT; an old peer need not expect them so early.
    const sendsEarly = session.takesEarlyBytes &&
      (optimistic || (silent && session.v1));
    // More bytes of the app are read, and sent, before the target was reached.
    const early = told && sendsEarly;
    if (told && bytes.length > 0) speaksFirst.appSpoke(target, false);
    const splice = new Splice({
      ...(told && bytes.length === 0
        ? {
          spoke: (first) =>
            first === "conn"
              ? speaksFirst.appSpoke(target, true)
              : speaksFirst.targetSpoke(target),
        }
        : {}),
      opened: () => {
        this.#responses.cancel(guard);
        if (!told) request.succeed();
        if (!early) splice.attach(conn);
      },
      refused: (error) => {
        if (!told) {
          request.fail(errorCode(error));
          return true;
        }
        observer({ type: "lateFailure", code: errorCode(error) });
        logger.debug("Told success and could not connect", {
          target: formatTarget(target),
          error: errorText(error),
        });
        if (!early) conn.reset();
        return !early;
      },
      finished: () => {
        this.#responses.cancel(guard);
        this.#finished();
      },
    });
    const guard: Deadline = this.#responses.add(() => {
      const late = new TunnelError("timeout", "the peer did not answer");
      if (told) {
        observer({ type: "lateFailure", code: late.code });
        if (!early) conn.reset();
      } else {
        request.fail("noAnswer");
      }
      logger.debug("No answer to a request", { target: formatTarget(target) });
      splice.abort(late.message);
    });
    try {
      const first = bytes.subarray(0, sendsEarly ? MAX_FIRST_BYTES : 0);
      // What does not go with CONNECT waits for the target.
      const rest = bytes.subarray(first.length);
      if (rest.length > 0) splice.unread(rest);
      splice.setChannel(session.open(target, splice, { first }), first.length);
    } catch (error) {
      this.#responses.cancel(guard);
      if (told) conn.reset();
      else request.fail(errorCode(error));
      return this.#finished();
    }
    if (early) splice.attach(conn);
  }

  #finished(): void {
    this.#active--;
    if (this.#active === 0) this.#drained?.();
  }
}

const EMPTY = new Uint8Array(0);
