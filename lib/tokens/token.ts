/** The port of a reverse token that has no SOCKS listener. */
export const NO_PORT = -1;

/** Admits forward clients. */
export interface ForwardToken {
  /** Discriminates the union. */
  readonly kind: "forward";
  /** The secret. */
  readonly token: string;
}

/** Admits providers. */
export interface ReverseToken {
  /** Discriminates the union. */
  readonly kind: "reverse";
  /** The secret. */
  readonly token: string;
  /** Its SOCKS port on the server; {@linkcode NO_PORT} if it has none. */
  readonly port: number;
  /** The user name that its SOCKS port asks for. */
  readonly username?: string;
  /** The password that its SOCKS port asks for. */
  readonly password?: string;
  /** Autonomy: its providers add connector tokens, each for itself. */
  readonly allowManageConnector: boolean;
}

/** Admits connectors. */
export interface ConnectorToken {
  /** Discriminates the union. */
  readonly kind: "connector";
  /** The secret. */
  readonly token: string;
  /** Its connectors reach providers of this token. */
  readonly reverse: ReverseToken;
  /**
   * If set, only those in this group, the internal token of the provider that
   * added it. It changes when another provider takes the token over, so read it
   * each time.
   */
  readonly group?: string;
}

/** Any token of a server; the same object for as long as the token exists. */
export type Token = ForwardToken | ReverseToken | ConnectorToken;

/** A connected client and its token. */
export interface Membership {
  /** The token that admitted it. */
  readonly token: Token;
  /** The internal token of an autonomous provider's group. */
  readonly group?: string;
}

/** Options of a new reverse token. */
export interface NewReverseToken {
  /** The secret. @default a random one */
  token?: string;
  /** Its SOCKS port; 0 for any of the pool, -1 for none. @default {0} */
  port?: number;
  /** The user name of its SOCKS port. @default none */
  username?: string;
  /** The password of its SOCKS port. @default none */
  password?: string;
  /** Autonomy; there is no SOCKS port then. @default {false} */
  allowManageConnector?: boolean;
}

/** Options of a new connector token. */
export interface NewConnectorToken {
  /** The secret. @default a random one */
  token?: string;
  /** The reverse token that it leads to. */
  reverse: string;
}
