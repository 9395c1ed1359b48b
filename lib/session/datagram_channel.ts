import type { Target } from "../base/address.ts";
import type { TunnelError } from "../base/errors.ts";

/** Who stands behind a channel of datagrams: one UDP association. */
export interface DatagramOwner {
  /** The exit has a socket. For the entry only; at most once. */
  opened(): void;
  /**
   * A datagram came.
   *
   * @param address Toward the exit whom it is for; toward the entry an IP, whom
   *   it is from. It is the peer's: the host may be any text, the port any number
   * @param payload A view that is valid during the call
   */
  datagram(address: Target, payload: Uint8Array): void;
  /**
   * The peer, or the end of the session, has ended the channel: called at most
   * once, nothing follows, and not for what the owner has ended itself.
   */
  closed(error?: TunnelError): void;
}

/** What a channel of datagrams needs from its session. */
export interface DatagramSession {
  /** Sends one datagram; false if it was dropped. */
  sendDatagram(
    channel: DatagramChannel,
    address: Target,
    payload: Uint8Array,
  ): boolean;
  /** Sends CONNECT_RESPONSE. */
  respondDatagram(channel: DatagramChannel, failure: string | undefined): void;
  /** Sends DISCONNECT and forgets the channel. */
  disconnectDatagram(
    channel: DatagramChannel,
    reason: string | undefined,
  ): void;
}

/**
 * One UDP association in a session. Datagrams have no credit: what the WebSocket
 * cannot take soon is dropped, as a full queue of a router would.
 */
export class DatagramChannel {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** The key of the id in the session's map. */
  readonly key: number;
  /** Which side opened it. */
  readonly opener: "us" | "peer";
  /** Who stands behind it. */
  readonly owner: DatagramOwner;
  /** CONNECT_RESPONSE was sent or has come. */
  responded = false;
  /** The session has forgotten it. */
  closed = false;
  readonly #session: DatagramSession;

  /** Made by sessions only. */
  constructor(
    session: DatagramSession,
    id: Uint8Array,
    key: number,
    opener: "us" | "peer",
    owner: (channel: DatagramChannel) => DatagramOwner,
  ) {
    this.#session = session;
    this.id = id;
    this.key = key;
    this.opener = opener;
    this.owner = owner(this);
  }

  /** Sends one datagram; false if it was dropped. */
  send(address: Target, payload: Uint8Array): boolean {
    return !this.closed && this.#session.sendDatagram(this, address, payload);
  }

  /** Tells the entry that there is a socket. */
  accept(): void {
    if (!this.closed) this.#session.respondDatagram(this, undefined);
  }

  /** Tells the entry that there is none, and ends the channel. */
  refuse(reason: string): void {
    if (!this.closed) this.#session.respondDatagram(this, reason);
  }

  /** Ends the channel; idempotent. */
  disconnect(reason?: string): void {
    if (!this.closed) this.#session.disconnectDatagram(this, reason);
  }
}
