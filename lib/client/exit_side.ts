import { SYSTEM_CLOCK } from "../base/clock.ts";
import { errorText, TunnelError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { StreamConn } from "../net/stream_conn.ts";
import type { Session } from "../session/session.ts";
import type { ClientSide, SideSessionOptions } from "./client_side.ts";
import { ConnectorRequests } from "./connector_requests.ts";
import type { ExitStack } from "../exit/exit_stack.ts";

/** Options of a provider's side. */
export interface ExitSideOptions {
  /** Reaches targets. */
  exit: ExitStack;
  /**
   * Registered at the server, with autonomy: admits connectors to this
   * provider.
   */
  connectorToken: string | undefined;
  logger: Logger;
}

/** How often a drain checks whether it is done. */
const DRAIN_POLL_MS = 20;

/**
 * The reference's server drops a provider 60 s after its last pong, and pings
 * only when it picks a provider for an app.
 */
const PONG_MS = 25_000;

/** A provider: dials what the server asks for. */
export class ExitSide implements ClientSide {
  readonly addr = undefined;
  readonly hops = ["tunnel", "target"] as const;
  readonly #options: ExitSideOptions;
  readonly #sessions = new Set<Session>();
  readonly #requests = new ConnectorRequests();
  readonly #stop = new AbortController();
  /** Registered anew on each session. */
  readonly #connectorTokens = new Set<string>();
  #registered = false;

  constructor(options: ExitSideOptions) {
    this.#options = options;
    const { connectorToken } = options;
    if (connectorToken !== undefined) this.#connectorTokens.add(connectorToken);
  }

  sessionOptions(): SideSessionOptions {
    return {
      ...this.#options.exit.sessionOptions(),
      control: (message) => this.#requests.onMessage(message),
    };
  }

  async joined(session: Session, pong?: () => void): Promise<void> {
    this.#sessions.add(session);
    if (!session.v1 && pong) sendPongs(session, pong);
    session.closed.then(() => this.#sessions.delete(session));
    for (const token of this.#connectorTokens) {
      await this.#register(session, token);
    }
  }

  async #register(session: Session, token: string): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#requests.add(session, token);
      this.#registered = true;
      logger.info("Registered a connector token");
    } catch (error) {
      // The server may still know the token from an earlier session of this
      // client.
      if (!this.#registered) {
        session.close();
        throw error;
      }
      const reason = errorText(error);
      logger.warn("Cannot register a connector token again", { reason });
    }
  }

  async addConnector(token: string): Promise<string> {
    const added = await this.#requests.add(this.#session(), token);
    this.#connectorTokens.add(added);
    this.#registered = true;
    return added;
  }

  async removeConnector(token: string): Promise<void> {
    await this.#requests.remove(this.#session(), token);
    this.#connectorTokens.delete(token);
  }

  /** Any will do: the server knows which belong together. */
  #session(): Session {
    for (const session of this.#sessions) if (!session.isClosed) return session;
    throw new TunnelError("unavailable", "not connected to the server");
  }

  connect(): Promise<StreamConn> {
    const text = "a provider dials for others and opens no streams itself";
    return Promise.reject(new TunnelError("unsupported", text));
  }

  open(): void {}

  async drained(): Promise<void> {
    for (const session of this.#sessions) session.announceDrain();
    const { signal } = this.#stop;
    while (!signal.aborted && this.#busy()) {
      await SYSTEM_CLOCK.delay(DRAIN_POLL_MS, signal).catch(() => {});
    }
  }

  close(): void {
    this.#stop.abort();
  }

  #busy(): boolean {
    return [...this.#sessions].some(({ channelCount }) => channelCount > 0);
  }
}

function sendPongs(session: Session, pong: () => void): void {
  const timer = setInterval(pong, PONG_MS);
  session.closed.then(() => clearInterval(timer));
}
