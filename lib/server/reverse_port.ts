import { errorText } from "../base/errors.ts";
import type { Login } from "../inbound/socks5.ts";
import { Entry } from "../entry/entry.ts";
import type { Providers } from "./providers.ts";
import type { ServerContext } from "./server_context.ts";

/** Which port, and who may use it. */
export interface ReversePortOptions {
  /** The port; 0 takes a free one. */
  port: number;
  /** Who may come in. */
  login: Login | undefined;
  /** Who dials for apps. */
  providers: Providers;
}

/** The SOCKS port of a reverse token: apps at the server, targets at providers. */
export class ReversePort {
  readonly #context: ServerContext;
  readonly #options: ReversePortOptions;
  #entry: Entry | undefined;
  #closed = false;
  #isUnref = false;

  constructor(context: ServerContext, options: ReversePortOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Where it listens, once it does. */
  get addr(): { hostname: string; port: number } | undefined {
    return this.#entry?.addr;
  }

  /** Listens; throws `TunnelError` if the port is not available. Idempotent. */
  open(): void {
    if (this.#entry || this.#closed) return;
    const { backend, logger, observer, optimistic, speaksFirst } =
      this.#context;
    const { port, login, providers } = this.#options;
    this.#entry = new Entry({
      backend,
      sessions: providers,
      host: this.#context.socksHost,
      port,
      fastOpen: this.#context.socksFastOpen,
      optimistic,
      speaksFirst,
      udp: this.#context.udpEntry,
      login,
      logger,
      observer,
    });
    if (this.#isUnref) this.#entry.unref();
    const { addr } = this.#entry;
    logger.info("SOCKS5 port opened", { host: addr.hostname, port: addr.port });
  }

  /**
   * As `open`, but logs if the port is not available: the next provider tries
   * again.
   */
  tryOpen(): void {
    try {
      this.open();
    } catch (error) {
      this.#context.logger.error("Cannot open the SOCKS5 port", {
        error: errorText(error),
      });
    }
  }

  /** Lets the program end although the port is open, now or later. */
  unref(): void {
    this.#isUnref = true;
    this.#entry?.unref();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#isUnref = false;
    this.#entry?.ref();
  }

  /** Accepts nothing more; requests that are being served go on. */
  stopAccepting(): void {
    this.#closed = true;
    this.#entry?.stopAccepting();
  }

  /** Closes the port and what waits behind it. */
  close(): void {
    this.#closed = true;
    this.#entry?.close();
  }
}
