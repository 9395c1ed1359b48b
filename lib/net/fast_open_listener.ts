import { ConfigError, TunnelError } from "../base/errors.ts";
import type { BackendChoice } from "./choose_backend.ts";
import type { Listener } from "./backend.ts";
import type { Conn } from "./conn.ts";
import type { FastOpenOutcome, Support } from "./fast_open.ts";
import { FastOpenConn } from "./fast_open_conn.ts";
import { netAddr } from "./stream_conn.ts";
import { ipFamily } from "./ip.ts";
import { fastOpenThrough, sharedBackend } from "./shared_backend.ts";

/** Conns that may wait for `accept`; more are reset. */
const MAX_WAITING = 4096;

/** How to listen. */
export interface ListenFastOpenOptions {
  /** The port; 0 takes a free one. */
  port: number;
  /**
   * An IP address, or `localhost`. `::` takes IPv4 too.
   *
   * @default {"0.0.0.0"}
   */
  hostname?: string;
  /**
   * Share the port with other sockets (SO_REUSEPORT); needs epoll.
   *
   * @default {false}
   */
  reusePort?: boolean;
  /**
   * Which sockets: `epoll` (Linux, `--allow-ffi`), `deno` (everywhere, without
   * Fast Open), or the better one available.
   *
   * @default {"auto"}
   */
  backend?: BackendChoice;
}

/** Accepts conns, with data in their SYNs where the kernel lets it. */
export class FastOpenListener
  implements AsyncIterable<FastOpenConn>, Disposable {
  /** Where it listens, with the real port. */
  readonly addr: Deno.NetAddr;
  /** Whether SYNs may carry data here, and if not, why. */
  readonly fastOpen: Support;
  readonly #listener: Listener;
  readonly #waiting: Conn[] = [];
  readonly #accepting: PromiseWithResolvers<FastOpenConn>[] = [];
  #closed = false;

  /** Listens at once; see {@linkcode listenFastOpen}. */
  constructor(options: ListenFastOpenOptions) {
    const { port, hostname = "0.0.0.0", reusePort = false } = options;
    const host = hostname === "localhost" ? "127.0.0.1" : hostname;
    if (!ipFamily(host)) {
      throw new ConfigError("hostname", `"${hostname}" is no IP address`);
    }
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new ConfigError("port", `must be from 0 to 65535 but got ${port}`);
    }
    const chosen = sharedBackend(options.backend);
    this.fastOpen = fastOpenThrough(chosen, "listen");
    this.#listener = chosen.backend.listen(
      { host, port, reusePort, fastOpen: true },
      {
        accepted: (conn) => this.#accepted(conn),
        acceptFailed: (error) => this.#accepting.shift()?.reject(error),
      },
    );
    this.addr = netAddr(this.#listener.addr);
  }

  #accepted(conn: Conn): void {
    const waiting = this.#accepting.shift();
    if (waiting) waiting.resolve(this.#adopt(conn));
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(conn);
    else conn.reset();
  }

  #adopt(conn: Conn): FastOpenConn {
    return new FastOpenConn(conn, this.#outcome(conn.fastOpen));
  }

  #outcome(outcome: FastOpenOutcome): FastOpenOutcome {
    const { fastOpen } = this;
    // The kernel's setting may have changed since.
    if (fastOpen.supported || outcome.result !== "off") return outcome;
    const { reason, fix } = fastOpen;
    return { ...outcome, reason, ...(fix === undefined ? {} : { fix }) };
  }

  /**
   * The next conn.
   *
   * @throws {TunnelError} `closed` once the listener is closed; `exhausted` when
   *   there are no descriptors left: try again later
   */
  accept(): Promise<FastOpenConn> {
    const conn = this.#waiting.shift();
    if (conn) return Promise.resolve(this.#adopt(conn));
    if (this.#closed) return Promise.reject(closedError());
    const accepting = Promise.withResolvers<FastOpenConn>();
    this.#accepting.push(accepting);
    return accepting.promise;
  }

  /** Keeps the program running while it listens, as it does at first. */
  ref(): void {
    this.#listener.ref();
  }

  /**
   * Lets the program end while it listens, even if an `accept` waits. It costs what
   * {@linkcode FastOpenConn.unref} costs. Accepted conns keep the program running.
   */
  unref(): void {
    this.#listener.unref();
  }

  /** Stops listening. Accepted conns live on; those not fetched are reset. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const conn of this.#waiting.splice(0)) conn.reset();
    for (const { reject } of this.#accepting.splice(0)) reject(closedError());
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * All conns until the listener is closed. A lack of descriptors does not end
   * the loop; it goes on when some are free.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<FastOpenConn, void, void> {
    while (!this.#closed) {
      let conn: FastOpenConn;
      try {
        conn = await this.accept();
      } catch (error) {
        if (this.#closed) return;
        if (error instanceof TunnelError) continue;
        throw error;
      }
      yield conn;
    }
  }
}

function closedError(): TunnelError {
  return new TunnelError("closed", "the listener is closed");
}

/**
 * Listens on TCP and takes data in SYNs (TCP Fast Open, RFC 7413), as
 * `Deno.listen` does without. Where Fast Open cannot be had, it listens all the
 * same and `fastOpen` of the listener says why.
 *
 * @param options Where to listen.
 * @returns A listener that accepts already.
 * @throws {TunnelError} `unavailable` if the address is taken, `denied` …
 * @throws {ConfigError} if `hostname` is no IP address, if the port is wrong,
 *   or if `epoll` was requested and is not available
 *
 * @example An echo server
 * ```ts ignore
 * import { listenFastOpen } from "@synsocks/synsocks";
 *
 * using listener = listenFastOpen({ hostname: "127.0.0.1", port: 7000 });
 * for await (const conn of listener) {
 *   console.log(conn.fastOpen.result);
 *   conn.readable.pipeTo(conn.writable).catch(() => conn.close());
 * }
 * ```
 */
export function listenFastOpen(
  options: ListenFastOpenOptions,
): FastOpenListener {
  return new FastOpenListener(options);
}
