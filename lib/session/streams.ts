import type { Target } from "../base/address.ts";
import { EMPTY } from "../base/empty.ts";
import { errorText, TunnelError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { readUint32 } from "../wire/big_endian.ts";
import { channelKey, newChannelId, sameId } from "../wire/channel_id.ts";
import { decodeMessage } from "../wire/decode.ts";
import { DATA_HEADER_BYTES } from "../wire/encode.ts";
import { inflate } from "../wire/gzip.ts";
import { INITIAL_CREDIT_BYTES } from "../wire/limits.ts";
import {
  COMPRESSION,
  type ConnectMessage,
  type ConnectResponseMessage,
  type DisconnectMessage,
  type WindowMessage,
} from "../wire/messages.ts";
import type { AcceptChannel, Channel, ChannelOwner } from "./channel.ts";
import { disconnectError, refusalError } from "./peer_errors.ts";
import { ReceiveWindow, WindowBudget } from "./receive_window.ts";
import type { Sender } from "./sender.ts";
import { type ChannelSession, StreamChannel } from "./stream_channel.ts";

/** What streams need from their session. */
export interface StreamsOptions {
  /** The peer has credit, early data and half-close. */
  v1: boolean;
  /** The peer asks for a channel. Without this its CONNECT is refused. */
  accept: AcceptChannel | undefined;
  /** Upper bound on bytes that wait in this process for slow local sockets. */
  maxHeldBytes: number;
  /** The smallest recent round trip in milliseconds, if one is known. */
  roundTripMs: () => number | undefined;
  /** A channel has ended. */
  forgotten: () => void;
  logger: Logger;
}

/** Old peers have no credit: a channel that holds more is closed. */
const MAX_HELD_WITHOUT_CREDIT_BYTES = 16 * 1024 * 1024;
/** Upper bound on channels that a peer has open. */
const MAX_CHANNELS = 16_384;
/** CONNECT has a byte for the length of the host. */
const MAX_HOST_BYTES = 255;
/** Until a round trip was measured. */
const FIRST_ROUND_TRIP_MS = 100;

const ENCODER = new TextEncoder();

/** The channels of one session. */
export class Streams implements ChannelSession {
  readonly v1: boolean;
  readonly #sender: Sender;
  readonly #options: StreamsOptions;
  readonly #channels = new Map<number, StreamChannel>();
  readonly #budget: WindowBudget;
  #heldBytes = 0;
  #peerChannels = 0;
  #over: TunnelError | undefined;

  constructor(sender: Sender, options: StreamsOptions) {
    this.v1 = options.v1;
    this.#sender = sender;
    this.#options = options;
    this.#budget = new WindowBudget(options.maxHeldBytes);
  }

  /** Channels that are open now. */
  get size(): number {
    return this.#channels.size;
  }

  /** Bytes of the peer that wait in this process. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Asks the peer for a channel.
   *
   * @param first Bytes that go with the request; at most 64 KiB
   * @throws {TunnelError} `name` if the host is too long for the wire
   */
  open(target: Target, owner: ChannelOwner, first: Uint8Array): Channel {
    const host = ENCODER.encode(target.host);
    if (host.length > MAX_HOST_BYTES) {
      throw new TunnelError("name", "host name too long");
    }
    const id = newChannelId();
    const window = this.v1
      ? new ReceiveWindow(this.#budget, 0, performance.now())
      : undefined;
    const channel = new StreamChannel(this, id, "us", window);
    channel.owner = owner;
    if (window) channel.creditBytes = INITIAL_CREDIT_BYTES - first.length;
    this.#channels.set(channel.key, channel);
    const extension = window && { flags: 0, window: window.sizeBytes, first };
    this.#sender.connect(id, host, target.port, extension);
    if (!window && first.length > 0) this.#sender.payload(id, first);
    return channel;
  }

  /** The session is over. */
  end(error: TunnelError): void {
    this.#over = error;
    for (const channel of [...this.#channels.values()]) {
      this.#forget(channel);
      channel.owner.closed(error);
    }
  }

  /** Forgets a channel whose directions have both ended. */
  forgetIfDone(channel: StreamChannel): void {
    if (channel.sentEnd && channel.receivedEnd) this.#forget(channel);
  }

  // --- what the peer says ---

  /**
   * The path of all bytes: a whole DATA message is read here, without an object of
   * its own.
   *
   * @throws {TunnelError} if the peer breaks the rules
   */
  onData(message: Uint8Array): void {
    if (message.length < DATA_HEADER_BYTES || message[0]! >> 4 !== 0) {
      decodeMessage(message);
      return;
    }
    const length = readUint32(message, 20);
    if (length > message.length - DATA_HEADER_BYTES) {
      throw new TunnelError("protocol", "Cannot decode data: payload is cut");
    }
    const channel = this.#find(message, 3);
    // A finished channel: both ends may close at the same time.
    if (!channel) return;
    if (length === 0) {
      this.#onEnd(channel);
      return;
    }
    if (channel.receivedEnd) return;
    if (channel.window && !channel.window.received(length)) {
      throw new TunnelError("limit", "the peer sent beyond its credit");
    }
    let payload = message.subarray(
      DATA_HEADER_BYTES,
      DATA_HEADER_BYTES + length,
    );
    if (message[19] === COMPRESSION.gzip) {
      if (channel.window) {
        // Credit counts what is sent, and so would not bound what it becomes.
        throw new TunnelError("protocol", "gzip on a session with credit");
      }
      try {
        payload = inflate(payload);
      } catch (error) {
        this.#fail(channel, errorText(error));
        return;
      }
    }
    // Bytes of the target before its CONNECT_RESPONSE prove that it was reached.
    if (!channel.responded && channel.opener === "us") this.#opened(channel, 0);
    if (!channel.closed) channel.owner.data(payload);
  }

  #onEnd(channel: StreamChannel): void {
    if (channel.receivedEnd) return;
    channel.receivedEnd = true;
    channel.owner.ended();
    this.forgetIfDone(channel);
  }

  /** CONNECT for tcp, or for a protocol that nobody knows. */
  onConnect(message: ConnectMessage): void {
    const { accept } = this.#options;
    const failure = !accept
      ? "not allowed to open channels"
      : message.protocol !== "tcp"
      ? `protocol not supported: ${message.protocol}`
      : message.host === ""
      ? "no such host: the name is empty"
      : message.port === 0
      ? "port 0 cannot be dialed"
      : this.#channels.has(channelKey(message.id))
      ? "channel id is in use"
      : this.#peerChannels >= MAX_CHANNELS
      ? "too many channels"
      : undefined;
    if (failure !== undefined) {
      return this.#sender.refuse(message.id, failure);
    }
    const { extension } = message;
    const first = extension?.first ?? EMPTY;
    const extra = INITIAL_CREDIT_BYTES;
    const window = extension &&
      new ReceiveWindow(this.#budget, extra, performance.now());
    window?.received(first.length);
    const channel = new StreamChannel(this, message.id, "peer", window);
    if (extension) channel.creditBytes = extension.window;
    this.#peerChannels++;
    const target = { host: message.host, port: message.port };
    const owner = accept!(channel, target);
    channel.owner = owner;
    // The owner may have ended it already.
    if (channel.closed) return;
    this.#channels.set(channel.key, channel);
    if (this.#over) return this.end(this.#over);
    if (first.length > 0) owner.data(first);
    if (!channel.closed) owner.started?.();
  }

  /** CONNECT_RESPONSE; tells whether it was for one of these. */
  onConnectResponse(message: ConnectResponseMessage): boolean {
    const channel = this.#find(message.id, 0);
    if (!channel) return false;
    // A second answer, or one for a channel that has ended: nothing to do.
    if (channel.opener !== "us") return true;
    if (message.ok) {
      const { extension } = message;
      if (extension) {
        channel.creditBytes += extension.window;
        channel.wake();
      }
      this.#opened(channel, extension?.flags ?? 0);
    } else {
      this.#forget(channel);
      channel.owner.closed(refusalError(message.error));
    }
    return true;
  }

  /** DISCONNECT; tells whether it was for one of these. */
  onDisconnect({ id, reason }: DisconnectMessage): boolean {
    const channel = this.#find(id, 0);
    if (!channel) return false;
    this.#forget(channel);
    const opened = channel.responded || channel.opener === "peer";
    channel.owner.closed(disconnectError(reason, opened));
    return true;
  }

  /** WINDOW. */
  onWindow({ id, credit }: WindowMessage): void {
    const channel = this.#find(id, 0);
    if (!channel) return;
    channel.creditBytes += credit;
    channel.wake();
  }

  #opened(channel: StreamChannel, flags: number): void {
    if (channel.responded) return;
    channel.responded = true;
    channel.owner.opened({ flags });
  }

  // --- what channels ask for ---

  wake(channel: StreamChannel): void {
    this.#sender.wake(channel);
  }

  consumed(channel: StreamChannel, bytes: number): void {
    if (!channel.window) return;
    const credit = channel.window.consumed(
      bytes,
      performance.now(),
      this.#options.roundTripMs() ?? FIRST_ROUND_TRIP_MS,
    );
    if (credit === 0 || channel.receivedEnd || this.#over) return;
    this.#sender.window(channel.id, credit);
  }

  holds(channel: StreamChannel, bytes: number): void {
    channel.heldBytes += bytes;
    this.#heldBytes += bytes;
    if (bytes <= 0 || channel.closed) return;
    const tooMuch = this.#heldBytes > this.#options.maxHeldBytes ||
      (!channel.window && channel.heldBytes > MAX_HELD_WITHOUT_CREDIT_BYTES);
    if (!tooMuch) return;
    this.#options.logger.warn("Closed a channel: its reader is too slow", {
      heldBytes: channel.heldBytes,
    });
    this.#fail(channel, "the reader is too slow");
  }

  #fail(channel: StreamChannel, reason: string): void {
    this.disconnect(channel, reason);
    channel.owner.closed(new TunnelError("limit", reason));
  }

  respond(
    channel: StreamChannel,
    failure: string | undefined,
    flags: number,
  ): void {
    if (channel.responded || this.#over) return;
    channel.responded = true;
    const { id, window } = channel;
    if (failure !== undefined) {
      this.#sender.refuse(id, failure || "failed");
      this.#forget(channel);
      return;
    }
    const extension = window && { flags, window: window.sizeBytes };
    this.#sender.connectResponse(id, extension);
  }

  disconnect(channel: StreamChannel, reason: string | undefined): void {
    if (channel.closed) return;
    this.#sender.disconnect(channel.id, reason);
    // After the last one a session that drains is closed.
    this.#forget(channel);
  }

  // --- which there are ---

  #find(bytes: Uint8Array, offset: number): StreamChannel | undefined {
    const channel = this.#channels.get(channelKey(bytes, offset));
    return channel && sameId(bytes, offset, channel.id) ? channel : undefined;
  }

  #forget(channel: StreamChannel): void {
    if (channel.closed) return;
    channel.closed = true;
    this.#channels.delete(channel.key);
    channel.window?.release();
    if (channel.opener === "peer") this.#peerChannels--;
    this.#options.forgotten();
  }
}
