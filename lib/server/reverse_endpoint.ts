import type { Session } from "../session/session.ts";
import { AgentGroup } from "./agent_group.ts";
import { checkedLogin } from "../entry/checked_login.ts";
import { ReversePort } from "./reverse_port.ts";
import type { ServerContext } from "./server_context.ts";
import { NO_PORT, type ReverseToken } from "../tokens/token.ts";

/** The group of a token without autonomy: all of its providers. */
const EVERYBODY = "";

/**
 * What lives behind a reverse token: its SOCKS port and its providers. Those of a
 * plain one stand for each other; with autonomy each instance is a group of its own,
 * so that a connector reaches one provider only.
 */
export class ReverseEndpoint {
  /** The SOCKS port; none with autonomy. */
  readonly port: ReversePort | undefined;
  readonly #groups = new Map<string, AgentGroup>();

  /** Nobody is there yet. Throws `ConfigError` if half of a login is missing. */
  constructor(
    context: ServerContext,
    { port, username, password }: ReverseToken,
  ) {
    const login = checkedLogin(username, password);
    if (port === NO_PORT) return;
    const { providers } = this.group(EVERYBODY);
    this.port = new ReversePort(context, { port, login, providers });
  }

  /** The group that is called so, by the token or membership of who belongs to it. */
  group(name: string = EVERYBODY): AgentGroup {
    const known = this.#groups.get(name);
    if (known) return known;
    const group = new AgentGroup();
    this.#groups.set(name, group);
    return group;
  }

  /** Somebody has gone from a group: it may be of no use any more. */
  left(name: string = EVERYBODY): void {
    // The port has the providers of the one group that there is.
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

  /** Frees the port; nobody waits any more. */
  close(): void {
    this.port?.close();
    for (const group of this.#groups.values()) group.close();
  }
}
