import type { NewConnectorToken, NewReverseToken } from "./token.ts";
import type { TokenStatus } from "./token_snapshot.ts";

/**
 * The tokens of a running server. Methods that add throw a `TunnelError`, `denied`
 * if the token exists, is reserved, or the reverse token does not exist.
 */
export interface TokenApi {
  /** Admits forward clients; returns the token, a new one if absent. */
  addForward(token?: string): { readonly token: string };
  /**
   * Admits providers.
   *
   * @returns the token, and the SOCKS port: -1 with autonomy
   * @throws {ConfigError} if half of a login is missing
   * @throws {TunnelError} also if there is no port, or it cannot be had at once
   */
  addReverse(
    options: NewReverseToken,
  ): { readonly token: string; readonly port: number };
  /** Admits connectors to the providers of a reverse token. */
  addConnector(options: NewConnectorToken): { readonly token: string };
  /**
   * Removes a token of any kind and closes its sessions; with a reverse token go
   * its SOCKS port and its connector tokens.
   *
   * @returns whether there was one
   */
  remove(token: string): boolean;
  /** All tokens, with who is connected. */
  snapshot(): TokenStatus[];
  /** Where the SOCKS port of a reverse token listens, once it does. */
  socksAddr(token: string): { hostname: string; port: number } | undefined;
}
