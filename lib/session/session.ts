import { EMPTY } from "../base/empty.ts";
import { TunnelError } from "../base/errors.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import type { Target } from "../base/address.ts";
import type { Message } from "../wire/messages.ts";
import type { AcceptChannel, Channel, ChannelOwner } from "./channel.ts";
import type {
  AcceptDatagrams,
  DatagramChannel,
  DatagramOwner,
} from "./datagram_channel.ts";
import { Datagrams } from "./datagrams.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import { Streams } from "./streams.ts";
import type { Transport } from "./transport.ts";

/** Options of a session. */
export interface SessionOptions {
  /** The peer has the extension `synsocks.v1`. @default {false} */
  v1?: boolean;
  /** Runs a task at the end of the loop's turn. */
  atTurnEnd: (task: () => void) => void;
  /**
   * Takes a channel that the peer opens. Without it the peer's CONNECT is
   * refused.
   */
  accept?: AcceptChannel;
  /**
   * Takes a UDP association that the peer opens. Without it the request is
   * refused.
   */
  acceptDatagrams?: AcceptDatagrams;
  /** Called at the peer's first message: the handshake of its conn is over. */
  heard?: () => void;
  /** Messages that are not about channels (LOG, PARTNERS, CONNECTOR …). */
  control?: (message: Message) => void;
  logger?: Logger;
  /**
   * Upper bound on bytes that wait in this process for slow local sockets.
   *
   * @default {67108864}
   */
  maxHeldBytes?: number;
  /** Time between two pings on a v1 session, in milliseconds. @default {3500} */
  heartbeatMs?: number;
}

/** How to open a channel. */
export interface OpenOptions {
  /** Bytes that go with the request; at most 64 KiB. */
  first?: Uint8Array;
}

/** RFC 6455, section 7.4.1. */
const CLOSE_NORMAL = 1000;
const CLOSE_PROTOCOL_ERROR = 1002;

/** One authenticated WebSocket with its channels. */
export class Session {
  /** Whether the peer has the extension `synsocks.v1`. */
  readonly v1: boolean;
  /** Resolves with the reason when the session is over. */
  readonly closed: Promise<TunnelError>;
  readonly #transport: Transport;
  readonly #options: SessionOptions;
  readonly #sender: Sender;
  readonly #receiver: Receiver;
  readonly #streams: Streams;
  readonly #datagrams: Datagrams;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #resolveClosed: (error: TunnelError) => void;
  readonly #peerDrains = Promise.withResolvers<void>();
  #heard: (() => void) | undefined;
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
    this.#heard = options.heard;
    const { atTurnEnd, accept, acceptDatagrams } = options;
    const forgotten = () => this.#closeIfDrained();
    this.#sender = new Sender(transport, {
      v1,
      atTurnEnd,
      ended: (channel) => this.#streams.forgetIfDone(channel),
    });
    this.#streams = new Streams(this.#sender, {
      ...{ v1, accept, maxHeldBytes, forgotten, logger },
      roundTripMs: () => this.roundTripMs,
    });
    this.#datagrams = new Datagrams(this.#sender, acceptDatagrams, forgotten);
    this.#receiver = new Receiver({
      ...{ v1, logger },
      data: (message) => this.#streams.onData(message),
      message: (message) => this.#onMessage(message),
      refuse: (id, error) => this.#sender.refuse(id, error),
      broken: (error) => this.abort(error),
    });
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
    return this.#streams.size + this.#datagrams.size;
  }

  /** Bytes of the peer that wait in this process. */
  get heldBytes(): number {
    return this.#streams.heldBytes;
  }

  /** The smallest recent round trip in milliseconds; `undefined` if unknown. */
  get roundTripMs(): number | undefined {
    return this.#heartbeat?.roundTripMs;
  }

  /**
   * Whether bytes may be sent on a channel before its CONNECT_RESPONSE. An old
   * server that sends PARTNERS relays, and loses such bytes.
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
    return this.#streams.open(target, owner, first);
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
    this.#sender.message(message);
  }

  /**
   * Opens no new channels, asks the peer to open none, and closes the session
   * after the last one. Idempotent.
   *
   * A peer that opens channels may have opened one before it hears of this, so
   * that peer closes the session, with `endWhenIdle`.
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

  /** Announces the end of the session without closing it when idle. */
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
    this.#receiver.stop();
    this.#streams.end(error);
    this.#datagrams.end(error);
    this.#resolveClosed(error);
  }

  #closeIfDrained(): void {
    if (this.#draining && !this.#over && this.channelCount === 0) {
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
    this.#receiver.receive(bytes);
    // Answers of this turn go out together.
    this.#sender.answersWait();
  }

  #onMessage(message: Message): void {
    switch (message.type) {
      case "connect":
        if (message.protocol !== "udp") return this.#streams.onConnect(message);
        return this.#datagrams.onConnect(message.id);
      case "connectResponse":
        if (!this.#streams.onConnectResponse(message)) {
          this.#datagrams.onEnd(message);
        }
        return;
      case "disconnect":
        if (!this.#streams.onDisconnect(message)) {
          this.#datagrams.onEnd(message);
        }
        return;
      case "window":
        return this.#streams.onWindow(message);
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
}
