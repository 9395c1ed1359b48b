import { errorText, TunnelError } from "../base/errors.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import type { Target } from "../base/address.ts";
import { readUint32 } from "../wire/big_endian.ts";
import { forEachMessage } from "../wire/bundle.ts";
import { channelKey, newChannelId, sameId } from "../wire/channel_id.ts";
import { decodeMessage } from "../wire/decode.ts";
import { DATA_HEADER_BYTES } from "../wire/encode.ts";
import { inflate } from "../wire/gzip.ts";
import { INITIAL_CREDIT_BYTES } from "../wire/limits.ts";
import {
  COMPRESSION,
  type ConnectMessage,
  type Message,
  PROTOCOL,
  TYPE,
} from "../wire/messages.ts";
import { Channel, type ChannelOwner } from "./channel.ts";
import type { DatagramChannel, DatagramOwner } from "./datagram_channel.ts";
import { Datagrams } from "./datagrams.ts";
import { failureCode } from "./failure_code.ts";
import { Heartbeat } from "./heartbeat.ts";
import { ReceiveWindow, WindowBudget } from "./receive_window.ts";
import { Sender } from "./sender.ts";
import type { Transport } from "./transport.ts";

/** What a session may be told. */
export interface SessionOptions {
  /** The peer has the extension `synsocks.v1`. @default {false} */
  v1?: boolean;
  /** Runs a task at the end of the loop's turn. */
  atTurnEnd: (task: () => void) => void;
  /**
   * The peer asks for a channel. Returns who stands behind it. Without this the
   * peer's CONNECT is refused: it is not for this role.
   */
  accept?: (channel: IncomingChannel) => ChannelOwner;
  /** The peer asks for a UDP association. Without this it is refused. */
  acceptDatagrams?: (channel: DatagramChannel) => DatagramOwner;
  /** The peer's first message has come, so the handshake of its conn is over. */
  heard?: () => void;
  /** Messages that are not about channels (LOG, PARTNERS, CONNECTOR …). */
  control?: (message: Message) => void;
  /** Where to say what happens. */
  logger?: Logger;
  /**
   * The most bytes that may wait in this process for slow local sockets.
   *
   * @default {67108864}
   */
  maxHeldBytes?: number;
  /** Time between two pings on a v1 session, in milliseconds. @default {3500} */
  heartbeatMs?: number;
}

/** A channel that the peer wants, before it has an owner. */
export interface IncomingChannel {
  /** The channel, once `accept` has returned. */
  readonly channel: () => Channel;
  /** What to reach. */
  readonly target: Target;
  /** Bytes that came with the request; may be empty. */
  readonly first: Uint8Array;
}

/** How to open a channel. */
export interface OpenOptions {
  /** Bytes that go with the request; at most 64 KiB. */
  first?: Uint8Array;
}

/** RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000;
const CLOSE_PROTOCOL_ERROR = 1002;
/** With an old peer there is no credit: a channel that holds more is closed. */
const MAX_HELD_WITHOUT_CREDIT_BYTES = 16 * 1024 * 1024;
/** Channels that a peer may have open at once. */
const MAX_CHANNELS = 16_384;
/** Malformed messages that are skipped before the session is given up. */
const MAX_MALFORMED = 16;
/** Until a round trip was measured. */
const FIRST_ROUND_TRIP_MS = 100;

const ENCODER = new TextEncoder();

/** One authenticated WebSocket with its channels. */
export class Session {
  /** Whether the peer has the extension `synsocks.v1`. */
  readonly v1: boolean;
  /** Resolves with the reason when the session is over. */
  readonly closed: Promise<TunnelError>;
  readonly #transport: Transport;
  readonly #options: SessionOptions;
  readonly #logger: Logger;
  readonly #sender: Sender;
  readonly #channels = new Map<number, Channel>();
  readonly #datagrams: Datagrams;
  readonly #budget: WindowBudget;
  readonly #maxHeldBytes: number;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #resolveClosed: (error: TunnelError) => void;
  readonly #peerDrains = Promise.withResolvers<void>();
  #heard: (() => void) | undefined;
  #heldBytes = 0;
  #malformed = 0;
  #peerChannels = 0;
  #over: TunnelError | undefined;
  #draining = false;
  #isRelay = false;

  /** Takes over a transport on which both sides are authenticated. */
  constructor(transport: Transport, options: SessionOptions) {
    const {
      v1 = false,
      logger = SILENT,
      maxHeldBytes = 64 * 1024 * 1024,
      heartbeatMs = 3500,
    } = options;
    this.v1 = v1;
    this.#transport = transport;
    this.#options = options;
    this.#logger = logger;
    this.#maxHeldBytes = maxHeldBytes;
    this.#heard = options.heard;
    this.#budget = new WindowBudget(maxHeldBytes);
    const { atTurnEnd, acceptDatagrams } = options;
    this.#sender = new Sender(transport, {
      v1,
      atTurnEnd,
      ended: (channel) => this.#forgetIfDone(channel),
    });
    this.#datagrams = new Datagrams(
      this.#sender,
      acceptDatagrams,
      () => this.#closeIfDrained(),
    );
    const { promise, resolve } = Promise.withResolvers<TunnelError>();
    this.closed = promise;
    this.#resolveClosed = resolve;
    if (v1) {
      this.#heartbeat = new Heartbeat({
        intervalMs: heartbeatMs,
        ping: (payload) => this.send({ type: "ping", payload }),
        dead: (error) => this.abort(error),
      });
    }
    transport.handler = {
      message: (bytes) => this.#receive(bytes),
      closed: (error) => this.#end(error),
    };
  }

  /** Resolves when the peer wants no new channels on this session. */
  get peerDrains(): Promise<void> {
    return this.#peerDrains.promise;
  }

  /** Channels and associations that are open now. */
  get channelCount(): number {
    return this.#channels.size + this.#datagrams.size;
  }

  /** Bytes of the peer that wait in this process. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The smallest recent round trip in milliseconds; `undefined` if unknown. */
  get roundTripMs(): number | undefined {
    return this.#heartbeat?.roundTripMs;
  }

  /**
   * Whether bytes may be sent on a channel before its CONNECT_RESPONSE. An old
   * server that has PARTNERS for us relays, and loses such bytes.
   */
  get takesEarlyBytes(): boolean {
    return this.v1 || !this.#isRelay;
  }

  /** Whether the session is over. */
  get isClosed(): boolean {
    return this.#over !== undefined;
  }

  /**
   * Opens a channel to `target` through the peer.
   *
   * @throws {TunnelError} `closed` if the session is over, `name` if the host is
   *   too long for the wire
   */
  open(
    target: Target,
    owner: ChannelOwner,
    { first = EMPTY }: OpenOptions = {},
  ): Channel {
    if (this.#over) throw this.#over;
    const host = ENCODER.encode(target.host);
    if (host.length > 255) throw new TunnelError("name", "host name too long");
    const id = newChannelId();
    const window = this.v1
      ? new ReceiveWindow(this.#budget, 0, performance.now())
      : undefined;
    const credit = this.v1 ? INITIAL_CREDIT_BYTES - first.length : Infinity;
    const key = channelKey(id);
    const channel = new Channel(this, id, key, "us", owner, credit, window);
    this.#channels.set(key, channel);
    const extension = window && {
      flags: 0,
      window: window.sizeBytes,
      first,
    };
    this.#sender.connect(id, host, target.port, extension);
    if (!window && first.length > 0) this.#sender.payload(id, first);
    return channel;
  }

  /**
   * Asks the peer for a UDP association.
   *
   * @throws {TunnelError} `closed` if the session is over, `limit` if there are
   *   too many
   */
  openDatagrams(owner: DatagramOwner): DatagramChannel {
    if (this.#over) throw this.#over;
    return this.#datagrams.open(owner);
  }

  /** Sends a message that is not about the bytes of a channel. */
  send(message: Message): void {
    if (this.#over) return;
    this.#sender.message(message);
  }

  /**
   * Asks for no new channels on this session, nor opens any: it is closed when the
   * last one has ended. Idempotent.
   *
   * A peer that opens channels may have asked for one before it hears of this. It
   * is left to such a peer to close, with `endWhenIdle`.
   */
  drain(): void {
    if (this.#over || this.#draining) return;
    this.announceDrain();
    if (this.v1 && this.#options.accept) return;
    this.endWhenIdle();
  }

  /** Closes the session when the last channel has ended. Idempotent. */
  endWhenIdle(): void {
    if (this.#over) return;
    this.#draining = true;
    this.#closeIfDrained();
  }

  /** Says that the session will end, without closing it when it is idle. */
  announceDrain(): void {
    if (this.v1) this.send({ type: "drain" });
  }

  /** Closes the session and all its channels. Idempotent. */
  close(code: number = CLOSE_NORMAL, reason: string = ""): void {
    if (this.#over) return;
    this.#sender.flush();
    this.#transport.close(code, reason);
    this.#end(new TunnelError("closed", reason || "the session was closed"));
  }

  /** Ends the session for an error of the peer, and tells the peer. */
  abort(error: TunnelError): void {
    if (this.#over) return;
    const code = error.code === "protocol" || error.code === "limit"
      ? CLOSE_PROTOCOL_ERROR
      : CLOSE_NORMAL;
    this.#transport.close(code, error.message);
    this.#end(error);
  }

  #end(error: TunnelError): void {
    if (this.#over) return;
    this.#over = error;
    this.#heartbeat?.stop();
    this.#sender.stop();
    const channels = [...this.#channels.values()];
    for (const channel of channels) {
      this.#forget(channel);
      channel.owner.closed(error);
    }
    this.#datagrams.end(error);
    this.#resolveClosed(error);
  }

  #closeIfDrained(): void {
    if (this.#draining && this.channelCount === 0) {
      this.close(CLOSE_NORMAL, "drained");
    }
  }

  // --- receiving ---

  #receive(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#heartbeat?.heard();
    const heard = this.#heard;
    if (heard) {
      this.#heard = undefined;
      heard();
    }
    try {
      forEachMessage(bytes, this.v1, this.#visit);
    } catch (error) {
      this.#refuse(error);
    }
    // Answers of this turn go out together.
    this.#sender.answersWait();
  }

  readonly #visit = (message: Uint8Array): void => {
    if (this.#over) return;
    try {
      if (message[1] === TYPE.data && message[2] === PROTOCOL.tcp) {
        this.#onData(message);
      } else {
        this.#onMessage(decodeMessage(message, { v1: this.v1 }));
      }
    } catch (error) {
      this.#refuseConnect(message);
      this.#refuse(error);
    }
  };

  /** One malformed message is skipped; a peer that goes on is cut off. */
  #refuse(error: unknown): void {
    const text = errorText(error);
    this.#logger.warn("Cannot understand a message", { error: text });
    const wrong = error instanceof TunnelError
      ? error
      : new TunnelError("failed", text, { cause: error });
    if (
      wrong.code === "failed" || wrong.code === "closed" || this.v1 ||
      ++this.#malformed > MAX_MALFORMED || text.includes("version")
    ) this.abort(wrong);
  }

  /** A malformed CONNECT whose id can be read gets its failure. */
  #refuseConnect(message: Uint8Array): void {
    if (message[1] !== TYPE.connect || message.length < 19) return;
    this.send({
      type: "connectResponse",
      ok: false,
      id: message.slice(3, 19),
      error: "malformed request",
    });
  }

  #find(bytes: Uint8Array, offset: number): Channel | undefined {
    const channel = this.#channels.get(channelKey(bytes, offset));
    return channel && sameId(bytes, offset, channel.id) ? channel : undefined;
  }

  /** The path of all bytes: DATA is read here without an object of its own. */
  #onData(message: Uint8Array): void {
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

  #onEnd(channel: Channel): void {
    if (channel.receivedEnd) return;
    channel.receivedEnd = true;
    channel.owner.ended();
    this.#forgetIfDone(channel);
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case "connect":
        return this.#onConnect(message);
      case "connectResponse": {
        const channel = this.#find(message.id, 0);
        if (!channel) return void this.#datagrams.onEnd(message);
        // A second answer, or one for a channel that has ended: nothing to do.
        if (channel.opener !== "us") return;
        if (message.ok) {
          const { extension } = message;
          if (extension) {
            channel.creditBytes += extension.window;
            channel.wake();
          }
          return this.#opened(channel, extension?.flags ?? 0);
        }
        this.#forget(channel);
        return channel.owner.closed(
          new TunnelError(failureCode(message.error), message.error || "?"),
        );
      }
      case "disconnect": {
        const channel = this.#find(message.id, 0);
        if (!channel) return void this.#datagrams.onEnd(message);
        this.#forget(channel);
        const { reason } = message;
        const opened = channel.responded || channel.opener === "peer";
        return channel.owner.closed(
          isOrderly(reason) && opened
            ? undefined
            : resetFor(reason || "closed before it was open"),
        );
      }
      case "window": {
        const channel = this.#find(message.id, 0);
        if (!channel) return;
        channel.creditBytes += message.credit;
        channel.wake();
        return;
      }
      case "ping":
        return this.send({ type: "pong", payload: message.payload });
      case "pong":
        return this.#heartbeat?.answered(message.payload);
      case "drain":
        this.#peerDrains.resolve();
        return;
      case "data":
        // There is no channel of a protocol that nobody knows.
        if (message.protocol === "udp") this.#datagrams.onData(message);
        return;
      case "unknown":
        return;
      case "partners":
        this.#isRelay = true;
        return this.#options.control?.(message);
      default:
        return this.#options.control?.(message);
    }
  }

  #opened(channel: Channel, flags: number): void {
    if (channel.responded) return;
    channel.responded = true;
    channel.owner.opened({ flags });
  }

  #onConnect(message: ConnectMessage): void {
    const { accept } = this.#options;
    if (message.protocol === "udp") {
      return this.#datagrams.onConnect(message.id);
    }
    const failure = !accept
      ? "not allowed to open channels"
      : message.protocol !== "tcp"
      ? `protocol not supported: ${message.protocol}`
      : message.host === ""
      ? "no such host: the name is empty"
      : message.port === 0
      ? "port 0 cannot be dialled"
      : this.#channels.has(channelKey(message.id))
      ? "channel id is in use"
      : this.#peerChannels >= MAX_CHANNELS
      ? "too many channels"
      : undefined;
    if (failure !== undefined) {
      const { id } = message;
      this.send({ type: "connectResponse", ok: false, id, error: failure });
      return;
    }
    const { extension } = message;
    const first = extension?.first ?? EMPTY;
    const extra = INITIAL_CREDIT_BYTES;
    const window = extension &&
      new ReceiveWindow(this.#budget, extra, performance.now());
    window?.received(first.length);
    const key = channelKey(message.id);
    const credit = extension ? extension.window : Infinity;
    let channel: Channel | undefined = undefined;
    const owner = accept!({
      channel: () => channel!,
      target: { host: message.host, port: message.port },
      first,
    });
    channel = new Channel(
      this,
      message.id,
      key,
      "peer",
      owner,
      credit,
      window,
    );
    this.#channels.set(key, channel);
    this.#peerChannels++;
    if (first.length > 0) owner.data(first);
  }

  // --- what channels ask for ---

  wake(channel: Channel): void {
    this.#sender.wake(channel);
  }

  consumed(channel: Channel, bytes: number): void {
    if (!channel.window) return;
    const credit = channel.window.consumed(
      bytes,
      performance.now(),
      this.roundTripMs ?? FIRST_ROUND_TRIP_MS,
    );
    if (credit === 0 || channel.receivedEnd || this.#over) return;
    this.#sender.window(channel.id, credit);
  }

  holds(channel: Channel, bytes: number): void {
    channel.heldBytes += bytes;
    this.#heldBytes += bytes;
    if (bytes <= 0 || channel.closed) return;
    const tooMuch = this.#heldBytes > this.#maxHeldBytes ||
      (!channel.window && channel.heldBytes > MAX_HELD_WITHOUT_CREDIT_BYTES);
    if (!tooMuch) return;
    this.#logger.warn("Closed a channel: its reader is too slow", {
      heldBytes: channel.heldBytes,
    });
    this.#fail(channel, "the reader is too slow");
  }

  #fail(channel: Channel, reason: string): void {
    this.disconnect(channel, reason);
    channel.owner.closed(new TunnelError("limit", reason));
  }

  respond(channel: Channel, failure: string | undefined, flags: number): void {
    if (channel.responded || this.#over) return;
    channel.responded = true;
    if (failure !== undefined) {
      const { id } = channel;
      const error = failure || "failed";
      this.send({ type: "connectResponse", ok: false, id, error });
      this.#forget(channel);
      return;
    }
    const { window } = channel;
    const extension = window && { flags, window: window.sizeBytes };
    this.#sender.connectResponse(channel.id, extension);
  }

  disconnect(channel: Channel, reason: string | undefined): void {
    if (channel.closed) return;
    const { id } = channel;
    this.send(
      reason === undefined
        ? { type: "disconnect", id }
        : { type: "disconnect", id, reason },
    );
    // After the last one a session that drains is closed.
    this.#forget(channel);
  }

  #forget(channel: Channel): void {
    if (channel.closed) return;
    channel.closed = true;
    this.#channels.delete(channel.key);
    channel.window?.release();
    if (channel.opener === "peer") this.#peerChannels--;
    if (!this.#over) this.#closeIfDrained();
  }

  #forgetIfDone(channel: Channel): void {
    if (channel.sentEnd && channel.receivedEnd) this.#forget(channel);
  }
}

const EMPTY = new Uint8Array(0);

/** Words of an orderly end; anything else is an error of the peer's side. */
function isOrderly(reason: string | undefined): boolean {
  return reason === undefined || reason === "" || reason === "EOF";
}

let lastReset = new TunnelError("reset", "reset");

/** Most resets of a busy session have the same words: one error for them. */
function resetFor(reason: string): TunnelError {
  if (lastReset.message !== reason) {
    lastReset = new TunnelError("reset", reason);
  }
  return lastReset;
}
