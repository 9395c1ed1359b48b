import { createHash } from "node:crypto";
import { TunnelError } from "../base/errors.ts";
import type { Credentials, Verdict } from "../transport/accept_tunnel.ts";
import { isReserved, newToken } from "../wire/token.ts";
import { PortPool } from "./port_pool.ts";
import { ProviderGroups } from "./provider_groups.ts";
import {
  type ConnectorToken,
  type ForwardToken,
  type Membership,
  type NewConnectorToken,
  type NewReverseToken,
  NO_PORT,
  type ReverseToken,
  type Token,
} from "./token.ts";
import { snapshotTokens, type TokenStatus } from "./token_snapshot.ts";

/**
 * How many connector tokens the providers of one reverse token may add; the
 * operator may add more.
 */
export const MAX_PROVIDER_CONNECTORS = 1024;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * The tokens of a server: who may come in, as what, and who is there.
 * Bookkeeping only: the caller opens and closes ports and sessions.
 *
 * Kinds share one name space. Tokens are found by their hash only, so that
 * timing does not reveal how much of a guess was right.
 *
 * Methods that add throw a {@linkcode TunnelError} whose message is the answer of
 * the protocol, word for word: `denied` for a name that is not possible,
 * `exhausted` for ports, `limit` for too many.
 */
export class TokenStore {
  readonly #pool: PortPool;
  readonly #byHash = new Map<string, Token>();
  readonly #groups = new ProviderGroups();
  readonly #members = new Set<Membership>();

  /**
   * Makes a store without tokens.
   *
   * @param pool Where SOCKS ports come from.
   */
  constructor(pool: PortPool = new PortPool()) {
    this.#pool = pool;
  }

  /**
   * Adds a forward token.
   *
   * @param token The secret; a random one if absent or empty.
   */
  addForward(token?: string): ForwardToken {
    const name = this.#newName(token);
    return this.#put({ kind: "forward", token: name });
  }

  /** Adds a reverse token and takes its port. */
  addReverse(options: NewReverseToken = {}): ReverseToken {
    const { username, password, allowManageConnector = false } = options;
    const name = this.#newName(options.token);
    const wish = allowManageConnector ? NO_PORT : options.port ?? 0;
    return this.#put({
      kind: "reverse",
      token: name,
      port: wish === NO_PORT ? NO_PORT : this.#pool.allocate(wish),
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      allowManageConnector,
    });
  }

  /** Adds a connector token; the same pair again is no error. */
  addConnector(options: NewConnectorToken): ConnectorToken {
    const reverse = this.#find(options.reverse);
    if (reverse?.kind !== "reverse") throw noReverseToken();
    return this.#addConnector(options.token, reverse, undefined);
  }

  /**
   * Adds a connector token that leads to one provider only, on its request. It
   * takes over a token whose provider is gone, but only within the same reverse
   * token.
   *
   * @param membership The provider.
   * @param token What it asks for; a random one if empty.
   */
  addConnectorOf(membership: Membership, token: string): ConnectorToken {
    const { reverse, group } = this.#manager(membership);
    if (this.#find(reverse.token) !== reverse) throw noReverseToken();
    return this.#addConnector(token, reverse, group);
  }

  /**
   * Removes a connector token on a provider's request, if it is the provider's own.
   *
   * @returns What was removed; `undefined` if it has no such token, which is no
   * error.
   * @throws {TunnelError} `denied`, if this provider may not manage tokens.
   */
  removeConnectorOf(
    membership: Membership,
    token: string,
  ): ConnectorToken | undefined {
    const { group } = this.#manager(membership);
    const found = this.#find(token);
    if (found?.kind !== "connector" || found.group !== group) return undefined;
    this.#drop(found);
    return found;
  }

  /**
   * Removes a token of any kind; a reverse token takes its connector tokens with
   * it and gives its port back.
   *
   * @returns The removed tokens, the named one first; their clients must be
   *   closed. Empty if there was no such token.
   */
  remove(token: string): Token[] {
    const found = this.#find(token);
    if (!found) return [];
    const removed: Token[] = [found];
    if (found.kind === "reverse") {
      removed.push(...this.#connectors((one) => one.reverse === found));
      this.#pool.free(found.port);
    }
    for (const one of removed) this.#drop(one);
    return removed;
  }

  /** Decides whether a client is admitted, and as what. */
  judge({ token, reverse }: Credentials): Verdict<Token> {
    const found = "hash" in token
      ? this.#byHash.get(token.hash)
      : this.#find(token.plain);
    const fits = reverse === undefined ||
      reverse === (found?.kind === "reverse");
    return found && fits
      ? { admitted: true, as: found }
      : { admitted: false, reason: "invalid token" };
  }

  /**
   * Counts an admitted client.
   *
   * @param token What `judge` admitted it as.
   * @param instance Which program it is. Sockets of the same autonomous provider,
   * at once or one after another, come into the same group.
   */
  enter(token: Token, instance: string = crypto.randomUUID()): Membership {
    const group = token.kind === "reverse" && token.allowManageConnector
      ? this.#groups.idOf(token, instance)
      : undefined;
    const membership: Membership = { token, ...(group ? { group } : {}) };
    this.#members.add(membership);
    return membership;
  }

  /** Counts a client that left; idempotent. */
  leave(membership: Membership): void {
    this.#members.delete(membership);
    if (membership.group) this.#forgetGroup(membership.group);
  }

  /** All tokens, reverse tokens first, without passwords. */
  snapshot(): TokenStatus[] {
    return snapshotTokens(
      [...this.#byHash.values()],
      this.#groups.all(),
      [...this.#members],
    );
  }

  #addConnector(
    token: string | undefined,
    reverse: ReverseToken,
    group: string | undefined,
  ): ConnectorToken {
    const name = token || newToken();
    if (isReserved(name)) throw reserved(name, "connector token");
    const found = this.#find(name);
    if (found) return this.#knownConnector(found, reverse, group);
    if (group !== undefined) this.#checkLimit(reverse);
    return this.#put({
      kind: "connector",
      token: name,
      reverse,
      ...(group ? { group } : {}),
    });
  }

  #knownConnector(
    found: Token,
    reverse: ReverseToken,
    group: string | undefined,
  ): ConnectorToken {
    if (found.kind === "connector" && found.reverse === reverse) {
      const { group: old } = found;
      if (old === group) return found;
      if (old && group && this.#count((one) => one.group === old) === 0) {
        (found as Mutable<ConnectorToken>).group = group;
        this.#forgetGroup(old);
        return found;
      }
    }
    throw new TunnelError("denied", "connector token already exists");
  }

  #checkLimit(reverse: ReverseToken): void {
    const own = this.#connectors((one) =>
      one.reverse === reverse && one.group !== undefined
    );
    if (own.length >= MAX_PROVIDER_CONNECTORS) {
      throw new TunnelError("limit", "too many connector tokens");
    }
  }

  #manager(
    { token, group }: Membership,
  ): { reverse: ReverseToken; group: string } {
    if (token.kind !== "reverse" || !group) {
      throw new TunnelError(
        "denied",
        "Unauthorized connector management attempt",
      );
    }
    return { reverse: token, group };
  }

  /** A group lives while it has a provider, or a token with which one may return. */
  #forgetGroup(id: string): void {
    const inGroup = (one: { group?: string }) => one.group === id;
    if (this.#count(inGroup) > 0 || this.#connectors(inGroup).length > 0) {
      return;
    }
    this.#groups.delete(id);
  }

  #connectors(wanted: (one: ConnectorToken) => boolean): ConnectorToken[] {
    return [...this.#byHash.values()].filter((one): one is ConnectorToken =>
      one.kind === "connector" && wanted(one)
    );
  }

  #count(wanted: (membership: Membership) => boolean): number {
    let count = 0;
    for (const membership of this.#members) if (wanted(membership)) count++;
    return count;
  }

  #newName(token: string | undefined): string {
    const name = token || newToken();
    if (isReserved(name)) throw reserved(name, "token");
    if (this.#find(name)) {
      throw new TunnelError("denied", "token already exists");
    }
    return name;
  }

  #find(token: string): Token | undefined {
    return this.#byHash.get(hashOf(token));
  }

  #put<T extends Token>(token: T): T {
    this.#byHash.set(hashOf(token.token), token);
    return token;
  }

  #drop(token: Token): void {
    this.#byHash.delete(hashOf(token.token));
    if (token.kind === "connector" && token.group) {
      this.#forgetGroup(token.group);
    }
  }
}

/** As `hashToken`, but at once: a provider's "add" and "remove" keep their order. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function reserved(token: string, what: string): TunnelError {
  return new TunnelError(
    "denied",
    `'${token}' is reserved and cannot be used as a ${what}`,
  );
}

function noReverseToken(): TunnelError {
  return new TunnelError("denied", "reverse token does not exist");
}
