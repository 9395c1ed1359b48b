import { TunnelError } from "../base/errors.ts";
import { MAX_MESSAGE_BYTES } from "../wire/limits.ts";
import type { Transport, TransportHandler } from "../session/transport.ts";

/** RFC 6455, section 7.4.1. */
const CLOSE_TOO_BIG = 1009;
/** There was no close frame. */
const CLOSE_LOST = 1006;
/** A close frame has room for 123 bytes of text: RFC 6455, section 5.5. */
const MAX_REASON_BYTES = 123;
/** How long a peer may take to answer our close frame. */
const CLOSE_DEADLINE_MS = 2000;

/** Shorter messages are left to the garbage collector. */
const RELEASED_BYTES = 16_384;

const ENCODER = new TextEncoder();

/** Deno's built-in WebSocket, of either end, as a transport. It must be open. */
export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #abandon: () => void;
  #handler: TransportHandler | undefined;
  /** What came while there was no handler. */
  #waiting: ((handler: TransportHandler) => void)[] = [];
  #closed = false;
  #closing: ReturnType<typeof setTimeout> | undefined;

  /**
   * Takes over an open socket.
   *
   * @param abandon Called when the peer does not answer our close frame: drops
   *   the conn below, where that is possible
   */
  constructor(socket: WebSocket, abandon: () => void = () => {}) {
    this.#socket = socket;
    this.#abandon = abandon;
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.#onMessage(event.data);
    socket.onclose = (event) => this.#onClose(event.code, event.reason);
    // A close event follows each error.
    socket.onerror = (event) => event.preventDefault();
  }

  get handler(): TransportHandler | undefined {
    return this.#handler;
  }

  set handler(handler: TransportHandler | undefined) {
    this.#handler = handler;
    if (handler) queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    while (this.#handler && this.#waiting.length > 0) {
      this.#waiting.shift()!(this.#handler);
    }
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(message: Uint8Array): void {
    if (this.#closed || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(message as Uint8Array<ArrayBuffer>);
  }

  close(code: number = 1000, reason: string = ""): void {
    if (this.#closed || this.#closing !== undefined) return;
    if (this.#socket.readyState >= WebSocket.CLOSING) return;
    this.#closing = setTimeout(() => {
      this.#abandon();
      this.#onClose(CLOSE_LOST, "the peer did not answer the close frame");
    }, CLOSE_DEADLINE_MS);
    this.#socket.close(code, cut(reason));
  }

  #onMessage(data: unknown): void {
    if (this.#closed) return;
    // Treats text as binary, as the reference does.
    const bytes = data instanceof ArrayBuffer
      ? new Uint8Array(data)
      : ENCODER.encode(String(data));
    if (bytes.length > MAX_MESSAGE_BYTES) {
      this.close(CLOSE_TOO_BIG, "message too big");
      return;
    }
    if (this.#handler && this.#waiting.length === 0) {
      this.#handler.message(bytes);
      return release(bytes);
    }
    this.#waiting.push((handler) => {
      handler.message(bytes);
      release(bytes);
    });
  }

  #onClose(code: number, reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#closing);
    const error = new TunnelError("closed", closeText(code, reason));
    this.#waiting.push((handler) => handler.closed(error));
    this.#tell();
  }
}

/** Why a WebSocket is over, in words. */
function closeText(code: number, reason: string): string {
  // Codes of RFC 6455, section 7.4.1, that never travel; Deno also tells 0.
  const isLost = code === 0 || code === CLOSE_LOST;
  if (isLost && reason === "") return "the connection was lost";
  const text = isLost
    ? reason
    : reason === ""
    ? `code ${code}`
    : `code ${code}: ${reason}`;
  return `the WebSocket was closed (${text})`;
}

/**
 * Gives the memory of a large message back at once. Left to the garbage
 * collector it piles up to some 64 MB, and each new message takes cold memory.
 */
function release({ buffer, length }: Uint8Array<ArrayBuffer>): void {
  if (length >= RELEASED_BYTES) buffer.transfer(0);
}

function cut(reason: string): string {
  const bytes = new Uint8Array(MAX_REASON_BYTES);
  const { read } = ENCODER.encodeInto(reason, bytes);
  return reason.slice(0, read);
}
