import type { StreamConn } from "../net/stream_conn.ts";
import type { TfoHop } from "../net/tfo_choice.ts";
import type { Session, SessionOptions } from "../session/session.ts";
import type { ConnectOptions } from "./connect.ts";

/** What a session is told by the side that uses it. */
export type SideSessionOptions = Pick<
  SessionOptions,
  "accept" | "acceptDatagrams" | "control"
>;

/** What a client does with its sessions. */
export interface ClientSide {
  /** Where its SOCKS port listens, once it does. */
  readonly addr: { hostname: string; port: number } | undefined;
  /** The hops that it has beside the tunnel. */
  readonly hops: readonly TfoHop[];
  /** What to tell a new session. */
  sessionOptions(): SideSessionOptions;
  /**
   * A session is open, and not used yet.
   *
   * @param pong Sends a pong that nobody asked for, where that is possible
   * @throws {TunnelError} if it cannot be used; `auth` if none ever can
   */
  joined(session: Session, pong?: () => void): Promise<void>;
  /** As `Client.connect`. */
  connect(options: ConnectOptions): Promise<StreamConn>;
  /** As `Client.addConnector`. */
  addConnector(token: string): Promise<string>;
  /** As `Client.removeConnector`. */
  removeConnector(token: string): Promise<void>;
  /** There is a session. Throws `TunnelError` if a port cannot be had. */
  open(): void;
  /** Takes nothing more; resolves when all that is under way has ended. */
  drained(): Promise<void>;
  /** Ends at once. */
  close(): void;
}
