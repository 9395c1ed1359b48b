import { errorText, TunnelError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { forEachMessage } from "../wire/bundle.ts";
import { decodeMessage } from "../wire/decode.ts";
import { type Message, PROTOCOL, TYPE } from "../wire/messages.ts";
import { VersionError } from "../wire/version_error.ts";

/** Receives what a receiver has read. */
export interface ReceiverOptions {
  /** The peer has the extension `synsocks.v1`. */
  v1: boolean;
  /** A whole DATA message for tcp, the most frequent kind. */
  data: (message: Uint8Array) => void;
  /** Any other message. */
  message: (message: Message) => void;
  /** Refuses a malformed CONNECT. */
  refuse: (id: Uint8Array, error: string) => void;
  /** The peer breaks the rules: the session is over. */
  broken: (error: TunnelError) => void;
  logger: Logger;
}

/** Malformed messages to skip before the session ends. */
const MAX_MALFORMED = 16;
/** What CONNECT begins with: version, type, protocol and id. */
const CONNECT_ID_OFFSET = 3;
const CONNECT_ID_END = 19;

/** The receiving half of a session: from what the WebSocket brings to messages. */
export class Receiver {
  readonly #options: ReceiverOptions;
  #malformed = 0;
  #stopped = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Takes one WebSocket message: a message, or several in a bundle. */
  receive(bytes: Uint8Array): void {
    try {
      forEachMessage(bytes, this.#options.v1, this.#visit);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Ignores everything from now on, even the rest of a bundle. */
  stop(): void {
    this.#stopped = true;
  }

  readonly #visit = (message: Uint8Array): void => {
    if (this.#stopped) return;
    const { v1 } = this.#options;
    try {
      if (message[1] === TYPE.data && message[2] === PROTOCOL.tcp) {
        this.#options.data(message);
      } else {
        this.#options.message(decodeMessage(message, { v1 }));
      }
    } catch (error) {
      this.#refuseConnect(message);
      this.#refuse(error);
    }
  };

  /** Skips a few malformed messages, then ends the session. */
  #refuse(error: unknown): void {
    const { v1, logger, broken } = this.#options;
    const text = errorText(error);
    logger.warn("Cannot understand a message", { error: text });
    const wrong = error instanceof TunnelError
      ? error
      : new TunnelError("failed", text, { cause: error });
    if (
      wrong.code === "failed" || wrong.code === "closed" || v1 ||
      ++this.#malformed > MAX_MALFORMED ||
      wrong instanceof VersionError
    ) broken(wrong);
  }

  /** Answers a malformed CONNECT whose id can be read. */
  #refuseConnect(message: Uint8Array): void {
    if (message[1] !== TYPE.connect || message.length < CONNECT_ID_END) return;
    const id = message.slice(CONNECT_ID_OFFSET, CONNECT_ID_END);
    this.#options.refuse(id, "malformed request");
  }
}
