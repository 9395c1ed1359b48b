import { WebSocketTransport } from "../../lib/transport/web_socket_transport.ts";

/** Real WebSockets of Deno, both ends in this process. */
export class WebSocketPairs implements AsyncDisposable {
  #served = Promise.withResolvers<WebSocket>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onopen = () => this.#served.resolve(socket);
      return response;
    },
  );

  /** A new one: the client's end and the server's. */
  async pair(): Promise<[WebSocketTransport, WebSocketTransport]> {
    this.#served = Promise.withResolvers();
    const { port } = this.#server.addr;
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const opened = Promise.withResolvers<void>();
    socket.onopen = () => opened.resolve();
    const [served] = await Promise.all([this.#served.promise, opened.promise]);
    return [new WebSocketTransport(socket), new WebSocketTransport(served)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
