import { channelKey } from "../../lib/wire/channel_id.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { hashToken } from "../../lib/wire/token.ts";
import { within } from "../ffi/within.ts";
import type { Modes } from "./_modes.ts";

/** How a raw client comes in. */
export interface RawOptions {
  /** As a provider. @default {false} */
  reverse?: boolean;
  /** The UUID text of its process. @default a new one */
  instance?: string;
  /** By an AUTH message instead of the URL. @default {false} */
  byMessage?: boolean;
}

/** An old peer in the test's hands: sends messages and keeps what comes. */
export class RawClient implements AsyncDisposable {
  /** What came, in order. */
  readonly messages: Message[] = [];
  /** Resolves when the server has closed. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;
  readonly #client: Deno.HttpClient;
  readonly #closed = Promise.withResolvers<void>();
  #taken = 0;
  #wake: (() => void) | undefined;

  /** Dials; `connect` does more. */
  constructor(url: string) {
    this.#client = Deno.createHttpClient({});
    this.#socket = new WebSocket(url, { client: this.#client });
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => {
      this.messages.push(decodeMessage(new Uint8Array(data)));
      this.#wake?.();
    };
    this.#socket.onerror = (event) => event.preventDefault();
    this.#socket.onclose = () => this.#closed.resolve();
    this.closed = this.#closed.promise;
  }

  /** Comes in with a token, and has the answer when this resolves. */
  static async connect(
    { server }: Pick<Modes, "server">,
    token: string,
    {
      reverse = false,
      instance = crypto.randomUUID(),
      byMessage = false,
    }: RawOptions,
  ): Promise<RawClient> {
    const query = new URLSearchParams({ reverse: String(reverse), instance });
    query.set("token", await hashToken(token));
    const url = `ws://127.0.0.1:${server.addr.port}/socket`;
    const client = new RawClient(byMessage ? url : `${url}?${query}`);
    const opened = Promise.withResolvers<void>();
    client.#socket.onopen = () => opened.resolve();
    await within(opened.promise);
    if (byMessage) {
      const id = Uint8Array.fromHex(instance.replaceAll("-", ""));
      client.send({ type: "auth", token, reverse, instance: id });
    }
    const answer = await client.next("authResponse");
    if (answer.ok) return client;
    await client[Symbol.asyncDispose]();
    throw new Error(answer.error);
  }

  /** Sends one message. */
  send(message: Message): void {
    this.#socket.send(encodeMessage(message));
  }

  /** The next message of a channel that was not taken yet. */
  async nextOf(id: Uint8Array): Promise<Message> {
    const key = channelKey(id);
    for (;;) {
      while (this.#taken < this.messages.length) {
        const message = this.messages[this.#taken++]!;
        if ("id" in message && channelKey(message.id) === key) return message;
      }
      await within(new Promise<void>((resolve) => this.#wake = resolve));
    }
  }

  /** The next message of a type that was not taken yet. */
  async next<T extends Message["type"]>(
    type: T,
  ): Promise<Extract<Message, { type: T }>> {
    for (;;) {
      while (this.#taken < this.messages.length) {
        const message = this.messages[this.#taken++]!;
        if (message.type === type) {
          return message as Extract<Message, { type: T }>;
        }
      }
      await within(new Promise<void>((resolve) => this.#wake = resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await within(this.closed);
    this.#client.close();
  }
}
