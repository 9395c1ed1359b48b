import { setImmediate } from "node:timers";
import type { Target } from "../base/address.ts";
import {
  connectLength,
  connectResponseLength,
  DATA_HEADER_BYTES,
  DATAGRAM_OVERHEAD_BYTES,
  encodeMessage,
  WINDOW_BYTES,
  writeConnect,
  writeConnectResponse,
  writeDatagram,
  writeDataHeader,
  writeWindow,
} from "../wire/encode.ts";
import { MAX_PAYLOAD_BYTES } from "../wire/limits.ts";
import type {
  ConnectExtension,
  ConnectResponseExtension,
  Message,
} from "../wire/messages.ts";
import { Backlog } from "./backlog.ts";
import { PULL_END } from "./channel.ts";
import { Outbox } from "./outbox.ts";
import { ReadyQueue } from "./ready_queue.ts";
import type { StreamChannel } from "./stream_channel.ts";
import type { Transport } from "./transport.ts";

/** What a sender needs from its session. */
export interface SenderOptions {
  /** The peer has the extension `synsocks.v1`. */
  v1: boolean;
  /** Runs a task at the end of the loop's turn. */
  atTurnEnd: (task: () => void) => void;
  /** A channel has sent its end. */
  ended: (channel: StreamChannel) => void;
}

/** A frame that would be shorter than this starts a new bundle. */
const MIN_FRAME_BYTES = 16_384;
/** Timers are too coarse for shorter waits: check the backlog each turn instead. */
const EAGER_MS = 1.5;

/**
 * The sending half of a session. Messages of one turn leave together at its end;
 * channels that have bytes take turns, one frame each, while the backlog in the
 * WebSocket is short.
 */
export class Sender {
  readonly #transport: Transport;
  readonly #options: SenderOptions;
  readonly #outbox: Outbox;
  readonly #ready = new ReadyQueue<StreamChannel>();
  readonly #backlog = new Backlog(performance.now());
  #scheduled = false;
  #stopped = false;
  #pollTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, options: SenderOptions) {
    this.#transport = transport;
    this.#options = options;
    this.#outbox = new Outbox(options.v1, (message) => {
      this.#backlog.sent(message.length);
      transport.send(message);
    });
  }

  /** Bytes that the WebSocket has not sent yet. */
  get bufferedBytes(): number {
    return this.#transport.bufferedBytes;
  }

  /** A channel has bytes, or credit for those that it has. */
  wake(channel: StreamChannel): void {
    this.#ready.add(channel);
    this.#schedule();
  }

  /** Sends any message; the methods below do it without an object. */
  message(message: Message): void {
    if (this.#stopped) return;
    this.#outbox.add(encodeMessage(message));
    this.#schedule();
  }

  /** CONNECT_RESPONSE of failure. */
  refuse(id: Uint8Array, error: string): void {
    this.message({ type: "connectResponse", ok: false, id, error });
  }

  /** DISCONNECT; without a reason it is orderly. */
  disconnect(id: Uint8Array, reason: string | undefined): void {
    this.message(
      reason === undefined
        ? { type: "disconnect", id }
        : { type: "disconnect", id, reason },
    );
  }

  /** CONNECT for tcp; `host` is at most 255 bytes. */
  connect(
    id: Uint8Array,
    host: Uint8Array,
    port: Target["port"],
    extension: ConnectExtension | undefined,
  ): void {
    const outbox = this.#outbox;
    const start = outbox.begin(connectLength(host.length, extension));
    outbox.commit(
      start,
      writeConnect(outbox.buffer, start, id, host, port, extension),
    );
    this.#schedule();
  }

  /** CONNECT_RESPONSE of success. */
  connectResponse(
    id: Uint8Array,
    extension: ConnectResponseExtension | undefined,
  ): void {
    const outbox = this.#outbox;
    const start = outbox.begin(connectResponseLength(extension));
    outbox.commit(
      start,
      writeConnectResponse(outbox.buffer, start, id, extension),
    );
    this.#schedule();
  }

  /** WINDOW. */
  window(id: Uint8Array, credit: number): void {
    const outbox = this.#outbox;
    const start = outbox.begin(WINDOW_BYTES);
    outbox.commit(start, writeWindow(outbox.buffer, start, id, credit));
    this.#schedule();
  }

  /** DATA for udp; see `writeDatagram`. */
  datagram(
    id: Uint8Array,
    payload: Uint8Array,
    source: Target,
    target: Target,
  ): void {
    const outbox = this.#outbox;
    const start = outbox.begin(payload.length + DATAGRAM_OVERHEAD_BYTES);
    outbox.commit(
      start,
      writeDatagram(outbox.buffer, start, id, payload, source, target),
    );
    this.#schedule();
  }

  /** Sends bytes of a channel at once, without waiting for its turn. */
  payload(id: Uint8Array, bytes: Uint8Array): void {
    const outbox = this.#outbox;
    for (let at = 0; at < bytes.length; at += MAX_PAYLOAD_BYTES) {
      const part = bytes.subarray(at, at + MAX_PAYLOAD_BYTES);
      const start = outbox.begin(DATA_HEADER_BYTES + part.length);
      const end = writeDataHeader(outbox.buffer, start, id, part.length);
      outbox.buffer.set(part, end);
      outbox.commit(start, end + part.length);
    }
    this.#schedule();
  }

  /** Schedules a flush if messages wait. */
  answersWait(): void {
    if (this.#outbox.waitingBytes > 0) this.#schedule();
  }

  /** Sends waiting messages, but no bytes of channels. */
  flush(): void {
    this.#outbox.flush();
  }

  /** Drops what waits and never sends again. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#pollTimer);
    this.#outbox.clear();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#options.atTurnEnd(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (this.#stopped) return;
    this.#pump();
    this.#outbox.flush();
  };

  #pump(): void {
    const now = performance.now();
    while (!this.#ready.empty) {
      const waiting = this.#transport.bufferedBytes;
      if (!this.#backlog.hasRoom(waiting, now)) {
        this.#pollLater(waiting);
        return;
      }
      const channel = this.#ready.next()!;
      if (channel.closed || channel.sentEnd) continue;
      // Without credit it waits for WINDOW, which wakes it.
      if (channel.creditBytes <= 0) continue;
      if (this.#sendFrame(channel)) this.#ready.again(channel);
    }
  }

  /** One frame of a channel; tells whether it may have more. */
  #sendFrame(channel: StreamChannel): boolean {
    const outbox = this.#outbox;
    if (outbox.roomBytes < DATA_HEADER_BYTES + MIN_FRAME_BYTES) outbox.flush();
    const most = Math.min(
      MAX_PAYLOAD_BYTES,
      channel.creditBytes,
      outbox.roomBytes - DATA_HEADER_BYTES,
    );
    const start = outbox.begin(DATA_HEADER_BYTES + most);
    const at = start + DATA_HEADER_BYTES;
    const { buffer } = outbox;
    const count = channel.owner.pull(buffer.subarray(at, at + most));
    if (channel.closed || count === 0) return false;
    if (count === PULL_END) {
      writeDataHeader(buffer, start, channel.id, 0);
      outbox.commit(start, at);
      channel.sentEnd = true;
      this.#options.ended(channel);
      return false;
    }
    channel.creditBytes -= count;
    writeDataHeader(buffer, start, channel.id, count);
    outbox.commit(start, at + count);
    return true;
  }

  /** `WebSocket` has no event for room: ask again when there should be some. */
  #pollLater(waitingBytes: number): void {
    if (this.#pollTimer !== undefined || this.#scheduled) return;
    const waitMs = this.#backlog.waitMs(waitingBytes);
    if (waitMs < EAGER_MS) {
      this.#scheduled = true;
      setImmediate(this.#run);
      return;
    }
    this.#pollTimer = setTimeout(() => {
      this.#pollTimer = undefined;
      if (this.#scheduled) return;
      this.#scheduled = true;
      // What the WebSocket has sent meanwhile is told after the timers.
      setImmediate(this.#run);
    }, waitMs);
  }
}
