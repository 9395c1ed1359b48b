import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { within } from "../ffi/within.ts";

/** A server without the extension, in the test's hands, for one client. */
export class OldServer implements AsyncDisposable {
  /** What came, in order. */
  readonly messages: Message[] = [];
  /** Where to dial. */
  readonly url: string;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  #socket: WebSocket | undefined;
  #taken = 0;
  #wake: (() => void) | undefined;

  /** Lets the client in, and says `greeting` right behind that. */
  constructor(greeting: readonly Message[] = []) {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#http = Deno.serve(options, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      this.#socket = socket;
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        this.send({ type: "authResponse", ok: true });
        for (const message of greeting) this.send(message);
      };
      socket.onmessage = ({ data }) => {
        this.messages.push(decodeMessage(new Uint8Array(data)));
        this.#wake?.();
      };
      socket.onerror = (event) => event.preventDefault();
      return response;
    });
    this.url = `ws://127.0.0.1:${this.#http.addr.port}`;
  }

  /** Sends one message. */
  send(message: Message): void {
    this.#socket!.send(encodeMessage(message));
  }

  /** The next message that was not taken yet. */
  async next(): Promise<Message> {
    while (this.#taken === this.messages.length) {
      await within(new Promise<void>((resolve) => this.#wake = resolve));
    }
    return this.messages[this.#taken++]!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.shutdown();
  }
}
