import type { Target } from "../base/address.ts";
import { TunnelError } from "../base/errors.ts";
import { MAX_DATAGRAM_BYTES } from "../net/datagrams.ts";
import { channelKey, newChannelId, sameId } from "../wire/channel_id.ts";
import { inflate } from "../wire/gzip.ts";
import { MAX_TEXT_BYTES } from "../wire/limits.ts";
import {
  COMPRESSION,
  type DatagramMessage,
  type Message,
} from "../wire/messages.ts";
import { Association, type AssociationSession } from "./association.ts";
import type {
  AcceptDatagrams,
  DatagramChannel,
  DatagramOwner,
} from "./datagram_channel.ts";
import { refusalError } from "./peer_errors.ts";
import type { Sender } from "./sender.ts";

/** Upper bound on associations of a session. */
const MAX_ASSOCIATIONS = 1024;
/** Datagrams are dropped while more than this waits in the WebSocket. */
const MAX_WAITING_BYTES = 1_048_576;
const ENCODER = new TextEncoder();
const NOBODY: Target = { host: "", port: 0 };

/** The associations of one session. */
export class Datagrams implements AssociationSession {
  readonly #sender: Sender;
  readonly #accept: AcceptDatagrams | undefined;
  readonly #forgotten: () => void;
  readonly #channels = new Map<number, Association>();
  #over: TunnelError | undefined;

  /**
   * @param accept The peer asks for an association; without it all are refused
   * @param forgotten One has ended
   */
  constructor(
    sender: Sender,
    accept: AcceptDatagrams | undefined,
    forgotten: () => void,
  ) {
    this.#sender = sender;
    this.#accept = accept;
    this.#forgotten = forgotten;
  }

  /** Associations that are open now. */
  get size(): number {
    return this.#channels.size;
  }

  /**
   * Asks the peer for an association.
   *
   * @throws {TunnelError} `limit` if there are too many
   */
  open(owner: DatagramOwner): DatagramChannel {
    if (this.size >= MAX_ASSOCIATIONS) {
      throw new TunnelError("limit", "too many UDP associations");
    }
    const id = newChannelId();
    const channel = new Association(this, id, "us");
    channel.owner = owner;
    this.#channels.set(channel.key, channel);
    const target = { host: "", port: 0 };
    this.#sender.message({ type: "connect", protocol: "udp", id, ...target });
    return channel;
  }

  /** CONNECT for udp. */
  onConnect(id: Uint8Array): void {
    const accept = this.#accept;
    const failure = !accept
      ? "protocol not supported: udp"
      : this.size >= MAX_ASSOCIATIONS
      ? "too many UDP associations"
      : this.#channels.has(channelKey(id))
      ? "channel id is in use"
      : undefined;
    if (failure !== undefined) return this.#sender.refuse(id, failure);
    const channel = new Association(this, id, "peer");
    channel.owner = accept!(channel);
    // The owner may have refused it already.
    if (channel.closed) return;
    this.#channels.set(channel.key, channel);
    if (this.#over) this.end(this.#over);
  }

  /** DATA for udp; one for an association that is over is dropped. */
  onData(message: DatagramMessage): void {
    const channel = this.#find(message.id);
    if (!channel) return;
    let { payload } = message;
    if (message.compression === COMPRESSION.gzip) {
      try {
        payload = inflate(payload, MAX_DATAGRAM_BYTES);
      } catch {
        // A datagram that is damaged is a datagram that is lost.
        return;
      }
    }
    if (payload.length > MAX_DATAGRAM_BYTES) return;
    const address = channel.opener === "us"
      ? { host: message.address, port: message.port }
      : { host: message.targetAddress, port: message.targetPort };
    if (channel.opener === "us" && !channel.responded) this.#opened(channel);
    if (!channel.closed) channel.owner.datagram(address, payload);
  }

  /** CONNECT_RESPONSE or DISCONNECT; tells whether it was for one of these. */
  onEnd(
    message: Extract<Message, { type: "connectResponse" | "disconnect" }>,
  ): boolean {
    const channel = this.#find(message.id);
    if (!channel) return false;
    if (message.type === "disconnect") {
      this.#forget(channel);
      channel.owner.closed(undefined);
    } else if (channel.opener === "us") {
      if (message.ok) {
        this.#opened(channel);
      } else {
        this.#forget(channel);
        channel.owner.closed(refusalError(message.error));
      }
    }
    return true;
  }

  /** The session is over. */
  end(error: TunnelError): void {
    this.#over = error;
    for (const channel of [...this.#channels.values()]) {
      this.#forget(channel);
      channel.owner.closed(error);
    }
  }

  sendDatagram(
    channel: Association,
    address: Target,
    payload: Uint8Array,
  ): boolean {
    if (payload.length > MAX_DATAGRAM_BYTES || isTooLong(address.host)) {
      return false;
    }
    if (this.#sender.bufferedBytes > MAX_WAITING_BYTES) return false;
    if (channel.opener === "us") {
      this.#sender.datagram(channel.id, payload, NOBODY, address);
    } else {
      this.#sender.datagram(channel.id, payload, address, NOBODY);
    }
    return true;
  }

  respondDatagram(channel: Association, failure: string | undefined): void {
    if (channel.responded) return;
    channel.responded = true;
    const { id } = channel;
    if (failure === undefined) {
      this.#sender.message({ type: "connectResponse", ok: true, id });
      return;
    }
    this.#sender.refuse(id, failure || "failed");
    this.#forget(channel);
  }

  disconnectDatagram(
    channel: Association,
    reason: string | undefined,
  ): void {
    this.#sender.disconnect(channel.id, reason);
    // After the last one a session that drains is closed.
    this.#forget(channel);
  }

  #opened(channel: Association): void {
    if (channel.responded) return;
    channel.responded = true;
    channel.owner.opened();
  }

  #find(id: Uint8Array): Association | undefined {
    const channel = this.#channels.get(channelKey(id));
    return channel && sameId(id, 0, channel.id) ? channel : undefined;
  }

  #forget(channel: Association): void {
    channel.closed = true;
    this.#channels.delete(channel.key);
    this.#forgotten();
  }
}

/** Whether a host does not fit into its field; half a name is another's name. */
function isTooLong(host: string): boolean {
  return host.length * 3 > MAX_TEXT_BYTES &&
    ENCODER.encode(host).length > MAX_TEXT_BYTES;
}
