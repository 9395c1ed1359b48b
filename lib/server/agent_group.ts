import type { Session } from "../session/session.ts";
import { Providers } from "./providers.ts";

/**
 * Providers that stand for each other, and the connectors that reach them. Each
 * side is told how many are at the other, at the start and on every change.
 */
export class AgentGroup {
  /** Those that can take requests, in turn. */
  readonly providers: Providers;
  /** Their sessions that are open, with those that take no new channels. */
  readonly #sessions = new Set<Session>();
  readonly #connectors = new Set<Session>();

  /** Nobody yet. */
  constructor() {
    this.providers = new Providers(() => {
      for (const connector of this.#connectors) this.#tellProviders(connector);
    });
  }

  /** Whether nobody is there, on neither side. */
  get isEmpty(): boolean {
    return this.#sessions.size === 0 && this.#connectors.size === 0;
  }

  /** A provider is there. */
  addProvider(session: Session): void {
    this.#sessions.add(session);
    this.providers.add(session);
    if (this.#connectors.size > 0) this.#tellConnectors(session);
    session.closed.then(() => this.#sessions.delete(session));
  }

  /** A connector is there. */
  addConnector(session: Session): void {
    this.#connectors.add(session);
    this.#tellProviders(session);
    this.#connectorsChanged();
    session.closed.then(() => {
      this.#connectors.delete(session);
      this.#connectorsChanged();
    });
  }

  /** Nobody comes any more. */
  close(): void {
    this.providers.close();
  }

  #connectorsChanged(): void {
    for (const session of this.#sessions) this.#tellConnectors(session);
  }

  #tellProviders(connector: Session): void {
    connector.send({ type: "partners", count: this.providers.size });
  }

  #tellConnectors(provider: Session): void {
    provider.send({ type: "partners", count: this.#connectors.size });
  }
}
