import type { StreamConn } from "../net/stream_conn.ts";
import type { Hop } from "../base/hop.ts";
import type { Session, SessionOptions } from "../session/session.ts";
import type { ConnectOptions } from "./connect.ts";

/** Session options that depend on what the client does. */
export type SideSessionOptions = Pick<
  SessionOptions,
  "accept" | "acceptDatagrams" | "control"
>;

/** What a client does with its sessions: an entry or an exit. */
export interface ClientSide {
  /** Where its SOCKS port listens, once it does. */
  readonly addr: { hostname: string; port: number } | undefined;
  /** Its hops, with the tunnel. */
  readonly hops: readonly Hop[];
  /** Options for a new session. */
  sessionOptions(): SideSessionOptions;
  /**
   * Prepares a session that has just opened.
   *
   * @param pong Sends an unsolicited pong, where possible
   * @throws {TunnelError} if it cannot be used; `auth` if none ever can
   */
  joined(session: Session, pong?: () => void): Promise<void>;
  /** As `Client.connect`. */
  connect(options: ConnectOptions): Promise<StreamConn>;
  /** As `Client.addConnector`. */
  addConnector(token: string): Promise<string>;
  /** As `Client.removeConnector`. */
  removeConnector(token: string): Promise<void>;
  /**
   * Called when there is a session. Throws `TunnelError` if a port is not
   * available.
   */
  open(): void;
  /** Accepts nothing more; resolves when everything under way has ended. */
  drained(): Promise<void>;
  /** Ends at once. */
  close(): void;
}
