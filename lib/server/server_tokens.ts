import type { Conn } from "../net/conn.ts";
import type { Session } from "../session/session.ts";
import type { Credentials, Verdict } from "../transport/accept_tunnel.ts";
import { ReverseEndpoint } from "./reverse_endpoint.ts";
import type { ServerContext } from "./server_context.ts";
import {
  type ConnectorToken,
  type ForwardToken,
  type Membership,
  type NewConnectorToken,
  type NewReverseToken,
  NO_PORT,
  type ReverseToken,
  type Token,
} from "../tokens/token.ts";
import { TokenStore } from "../tokens/token_store.ts";
import type { TokenStatus } from "../tokens/token_snapshot.ts";

/** RFC 6455, section 7.4.1: policy violation. */
const CLOSE_POLICY = 1008;
/** How many pool ports to try when another program holds one. */
const PORT_TRIES = 16;

/** A client that is there. */
interface Member {
  readonly session: Session;
  readonly membership: Membership;
  /** Where a connector belongs to. */
  readonly group: string | undefined;
}

/**
 * The tokens of a running server. Ports and clients are closed with their
 * token.
 */
export class ServerTokens {
  readonly #context: ServerContext;
  readonly #store = new TokenStore();
  readonly #endpoints = new Map<ReverseToken, ReverseEndpoint>();
  readonly #members = new Set<Member>();
  #isUnref = false;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** All tokens, with who is connected. */
  snapshot(): TokenStatus[] {
    return this.#store.snapshot();
  }

  /** Adds a forward token; makes one up if absent. */
  addForward(token?: string): ForwardToken {
    return this.#store.addForward(token);
  }

  /** Adds a reverse token and, if it does not wait, opens its SOCKS port. */
  addReverse(options: NewReverseToken): ReverseToken {
    const token = this.#addReverse(options);
    try {
      const endpoint = new ReverseEndpoint(this.#context, token);
      if (this.#isUnref) endpoint.port?.unref();
      if (this.#context.socksNoWait) endpoint.port?.open();
      this.#endpoints.set(token, endpoint);
    } catch (error) {
      this.#store.remove(token.token);
      throw error;
    }
    return token;
  }

  /** Adds a connector token; the same pair again is no error. */
  addConnector(options: NewConnectorToken): ConnectorToken {
    return this.#store.addConnector(options);
  }

  /**
   * Removes a token of any kind, closes its clients and frees its ports.
   *
   * @returns whether there was one
   */
  remove(token: string): boolean {
    const removed = this.#store.remove(token);
    for (const one of removed) this.#removed(one);
    return removed.length > 0;
  }

  /** Decides who is let in. */
  judge(credentials: Credentials): Verdict<Token> {
    return this.#store.judge(credentials);
  }

  /** The membership of an admitted client; `join` follows. */
  enter(token: Token, instance: string | undefined): Membership {
    return this.#store.enter(token, instance);
  }

  /** Counts a client while its session is open. */
  join(session: Session, membership: Membership): void {
    const { token } = membership;
    const group = token.kind === "connector" ? token.group : membership.group;
    const member = { session, membership, group };
    this.#members.add(member);
    session.closed.then(() => {
      this.#members.delete(member);
      this.#store.leave(membership);
    });
    if (token.kind === "forward") return;
    const endpoint = this.endpointOf(token);
    if (token.kind === "reverse") endpoint.addProvider(session, group);
    else endpoint.addConnector(session, group);
  }

  /** The endpoint of the reverse token that this token leads to. */
  endpointOf(token: ReverseToken | ConnectorToken): ReverseEndpoint {
    const reverse = token.kind === "connector" ? token.reverse : token;
    return this.#endpoints.get(reverse)!;
  }

  /** Adds a connector token on a provider's request; throws if it may not. */
  addConnectorOf(membership: Membership, wish: string): string {
    const token = this.#store.addConnectorOf(membership, wish);
    // After a takeover, connected connectors belong to the provider that left.
    this.#closeMembers(
      (one) => one.membership.token === token && one.group !== token.group,
      "the token has another provider",
    );
    return token.token;
  }

  /** Removes a provider's own connector token; throws if it may have none. */
  removeConnectorOf(membership: Membership, token: string): void {
    const removed = this.#store.removeConnectorOf(membership, token);
    if (removed) this.#removed(removed);
  }

  /** Where the SOCKS port of a reverse token listens, once it does. */
  socksAddr(token: string): { hostname: string; port: number } | undefined {
    for (const [{ token: name }, { port }] of this.#endpoints) {
      if (name === token) return port?.addr;
    }
    return undefined;
  }

  /** SOCKS ports, those that come later too, let the program end. */
  unref(): void {
    this.#isUnref = true;
    for (const { port } of this.#endpoints.values()) port?.unref();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#isUnref = false;
    for (const { port } of this.#endpoints.values()) port?.ref();
  }

  /** No SOCKS port accepts anything more. */
  stopAccepting(): void {
    for (const { port } of this.#endpoints.values()) port?.stopAccepting();
  }

  /** Closes all SOCKS ports. */
  close(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.close();
  }

  /** A port of the pool may belong to another program: then it is the next one. */
  #addReverse(options: NewReverseToken): ReverseToken {
    let token = this.#store.addReverse(options);
    for (let tries = 1; tries < PORT_TRIES; tries++) {
      if (options.port || token.port === NO_PORT) break;
      if (this.#isFree(token.port)) break;
      this.#store.remove(token.token);
      token = this.#store.addReverse({ ...options, token: token.token });
    }
    return token;
  }

  #isFree(port: number): boolean {
    const { backend, socksHost: host } = this.#context;
    try {
      const handler = {
        accepted: (conn: Conn) => conn.reset(),
        acceptFailed() {},
      };
      backend.listen({ host, port }, handler).close();
      return true;
    } catch {
      return false;
    }
  }

  #removed(token: Token): void {
    if (token.kind === "reverse") {
      this.#endpoints.get(token)?.close();
      this.#endpoints.delete(token);
    }
    this.#closeMembers(
      ({ membership }) => membership.token === token,
      "the token was removed",
    );
  }

  #closeMembers(wanted: (one: Member) => boolean, reason: string): void {
    for (const member of [...this.#members]) {
      if (wanted(member)) member.session.close(CLOSE_POLICY, reason);
    }
  }
}
