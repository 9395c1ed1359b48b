import type { Session } from "../session/session.ts";
import { Providers } from "./providers.ts";

/**
 * Interchangeable providers and the connectors that reach them. Each side is
 * told how many are on the other, at the start and on every change.
 */
export class AgentGroup {
  /** Providers that take requests, in turn. */
  readonly providers: Providers;
  /** All open sessions of providers, including draining ones. */
  readonly #sessions = new Set<Session>();
  readonly #connectors = new Set<Session>();

  constructor() {
    this.providers = new Providers(() => {
      for (const connector of this.#connectors) this.#tellProviders(connector);
    });
  }

  /** Whether there are neither providers nor connectors. */
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

  /** No more providers will come. */
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
