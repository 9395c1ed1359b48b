import type { Target } from "../base/address.ts";
import { channelKey } from "../wire/channel_id.ts";
import type { DatagramChannel, DatagramOwner } from "./datagram_channel.ts";

/** What an association needs from its session. */
export interface AssociationSession {
  /** Sends one datagram; false if it was dropped. */
  sendDatagram(
    association: Association,
    address: Target,
    payload: Uint8Array,
  ): boolean;
  /** Sends CONNECT_RESPONSE. */
  respondDatagram(association: Association, failure: string | undefined): void;
  /** Sends DISCONNECT and forgets the association. */
  disconnectDatagram(
    association: Association,
    reason: string | undefined,
  ): void;
}

/**
 * A channel of datagrams with the state that its session keeps in it. Only this
 * folder knows it: owners see a `DatagramChannel`.
 */
export class Association implements DatagramChannel {
  readonly id: Uint8Array;
  readonly opener: "us" | "peer";
  /** The key of the id in the session's map. */
  readonly key: number;
  /** Who stands behind it; set before anything happens to it. */
  owner!: DatagramOwner;
  responded = false;
  /** The session has forgotten it. */
  closed = false;
  readonly #session: AssociationSession;

  /** An association without an owner; `id` is kept, not copied. */
  constructor(
    session: AssociationSession,
    id: Uint8Array,
    opener: "us" | "peer",
  ) {
    this.#session = session;
    this.id = id;
    this.key = channelKey(id);
    this.opener = opener;
  }

  send(address: Target, payload: Uint8Array): boolean {
    return !this.closed && this.#session.sendDatagram(this, address, payload);
  }

  accept(): void {
    if (!this.closed) this.#session.respondDatagram(this, undefined);
  }

  refuse(reason: string): void {
    if (!this.closed) this.#session.respondDatagram(this, reason);
  }

  disconnect(reason?: string): void {
    if (!this.closed) this.#session.disconnectDatagram(this, reason);
  }
}
