import type { NewConnectorToken, NewReverseToken } from "../tokens/token.ts";
import type { TokenStatus } from "../tokens/token_snapshot.ts";

/**
 * What the HTTP API does to a server.
 *
 * What cannot be done is thrown as a `TunnelError`; its message is shown to the
 * caller of the API.
 */
export interface TokenAdmin {
  /** Adds a forward token; a random one if none is given. */
  addForward(token?: string): Awaitable<{ readonly token: string }>;
  /** Adds a reverse token; tells its SOCKS port, -1 if it has none. */
  addReverse(
    options: NewReverseToken,
  ): Awaitable<{ readonly token: string; readonly port: number }>;
  /** Adds a connector token; the same pair again is no error. */
  addConnector(
    options: NewConnectorToken,
  ): Awaitable<{ readonly token: string }>;
  /**
   * Removes a token of any kind with what depends on it, closes their clients and
   * frees their ports. One that is not there is no error.
   */
  remove(token: string): Awaitable<unknown>;
  /** The tokens that are there, with who is connected. */
  snapshot(): TokenStatus[];
}

/** A value, now or later. */
export type Awaitable<T> = T | Promise<T>;
