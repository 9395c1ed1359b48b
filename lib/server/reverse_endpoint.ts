import type { Session } from "../session/session.ts";
import { AgentGroup } from "./agent_group.ts";
import { checkedLogin } from "../entry/checked_login.ts";
import { ReversePort } from "./reverse_port.ts";
import type { ServerContext } from "./server_context.ts";
import { NO_PORT, type ReverseToken } from "../tokens/token.ts";

/** The group of a token without autonomy: all of its providers. */
const EVERYBODY = "";

/**
 * The SOCKS port and the providers of a reverse token. Without autonomy all
 * providers are one group; with it each instance is a group, so that a
 * connector reaches only one provider.
 */
export class ReverseEndpoint {
  /** The SOCKS port; none with autonomy. */
  readonly port: ReversePort | undefined;
  readonly #groups = new Map<string, AgentGroup>();

  /** Throws `ConfigError` if half of a login is missing. */
  constructor(
    context: ServerContext,
    { port, username, password }: ReverseToken,
  ) {
    const login = checkedLogin(username, password);
    if (port === NO_PORT) return;
    const { providers } = this.group(EVERYBODY);
    this.port = new ReversePort(context, { port, login, providers });
  }

  /** The group with this name, made at first use. */
  group(name: string = EVERYBODY): AgentGroup {
    const known = this.#groups.get(name);
    if (known) return known;
    const group = new AgentGroup();
    this.#groups.set(name, group);
    return group;
  }

  /** Called when a member left: an empty group is forgotten. */
  left(name: string = EVERYBODY): void {
    // The port uses the providers of the only group.
    if (name !== EVERYBODY && this.#groups.get(name)?.isEmpty) {
      this.#groups.delete(name);
    }
  }

  /** A provider is there. */
  addProvider(session: Session, name?: string): void {
    this.group(name).addProvider(session);
    this.port?.tryOpen();
    session.closed.then(() => this.left(name));
  }

  /** A connector is there. */
  addConnector(session: Session, name?: string): void {
    this.group(name).addConnector(session);
    session.closed.then(() => this.left(name));
  }

  /** Frees the port and ends all waits. */
  close(): void {
    this.port?.close();
    for (const group of this.#groups.values()) group.close();
  }
}
