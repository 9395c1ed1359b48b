import type { Target } from "../base/address.ts";
import type { Conn } from "../net/conn.ts";
import type { Failure } from "./failure.ts";

/** An app that wants a byte stream to a target, and waits for an answer. */
export interface TcpRequest {
  /** Tells this request from others. */
  readonly kind: "tcp";
  /** What to reach. */
  readonly target: Target;
  /** The app's conn; whoever takes the request owns it. */
  readonly conn: Conn;
  /**
   * First bytes for the target: what the app sent after its request, or the
   * request itself. May be longer than `MAX_FIRST_BYTES`.
   */
  readonly first: Uint8Array;
  /**
   * Whether `succeed` sends nothing, since the app waits only for the target's
   * answer (a plain HTTP request). Then all first bytes are here, and `fail`
   * may be called until the target has sent something.
   */
  readonly silent: boolean;
  /** Tells the app that it is connected; may be called before it is. */
  succeed(): void;
  /** Tells the app why not, in the words of its protocol, and closes. */
  fail(failure: Failure): void;
}

/**
 * An app that wants to send datagrams (RFC 1928, section 7). The association
 * lives as long as its conn does.
 */
export interface UdpRequest {
  /** Tells this request from others. */
  readonly kind: "udp";
  /**
   * Where the app says that it will send from: DST.ADDR and DST.PORT, zeros when
   * it does not know. Only a hint; it need not be an IP address.
   */
  readonly hint: Target;
  /** The app's conn; whoever takes the request owns it. */
  readonly conn: Conn;
  /**
   * Tells the app where to send its datagrams.
   *
   * @param host An IP address
   * @param port 1 to 65535
   * @throws {TypeError} if `host` is not an IP address
   */
  succeed(host: string, port: number): void;
  /** Tells the app why not, and closes. */
  fail(failure: Failure): void;
}

/** What an app has asked for. */
export type InboundRequest = TcpRequest | UdpRequest;
