import { assertEquals } from "@std/assert";
import { directDialer } from "../../lib/dial/direct_dialer.ts";
import type { Backend } from "../../lib/net/backend.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import {
  type Bridge,
  type Bridged,
  openBridge,
} from "../../lib/transport/bridge.ts";
import {
  type Certificates,
  makeCertificates,
  NO_OPENSSL,
} from "../e2e/_certificates.ts";
import { within } from "../ffi/within.ts";
import { type Case, testCases } from "../net/_backends.ts";
import { between, randomBytes, seededRandom } from "../net/_random.ts";

const LOCAL = "127.0.0.1";
const CLOSED = 1000;

/** Sends each message back. */
function serveEcho(
  tls: Partial<Certificates> = {},
): Deno.HttpServer<Deno.NetAddr> {
  const { cert, key } = tls;
  const options = { hostname: LOCAL, port: 0, onListen() {} };
  return Deno.serve({
    ...options,
    ...(cert && key ? { cert, key } : {}),
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => socket.send(data);
    return response;
  });
}

/** A WebSocket through a bridge, whose messages can be awaited. */
class BridgedSocket {
  readonly #socket: WebSocket;
  readonly #bridge: Bridge;
  readonly #messages: ArrayBuffer[] = [];
  readonly #closed = Promise.withResolvers<number>();
  #came = Promise.withResolvers<void>();

  constructor(socket: WebSocket, bridge: Bridge) {
    this.#socket = socket;
    this.#bridge = bridge;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#messages.push(data);
      this.#came.resolve();
    };
    socket.onclose = ({ code }) => this.#closed.resolve(code);
  }

  static async open(
    backend: Backend,
    port: number,
    certificates?: Certificates,
  ): Promise<BridgedSocket> {
    const bridge = openBridge({
      backend,
      dialer: directDialer(backend, new Resolver(), {
        fastOpen: true,
        anyBytes: true,
      }),
      target: { host: LOCAL, port },
      secure: certificates !== undefined,
      ...(certificates ? { caCerts: [certificates.ca] } : {}),
      signal: new AbortController().signal,
    });
    const scheme = certificates ? "wss" : "ws";
    const { client } = bridge;
    const url = `${scheme}://${LOCAL}:${port}/`;
    const socket = new WebSocket(url, { client });
    const bridged = new BridgedSocket(socket, bridge);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("cannot open"));
    await within(promise);
    return bridged;
  }

  get dialed(): Promise<Bridged> {
    return this.#bridge.dialed;
  }

  send(bytes: Uint8Array): void {
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  async next(): Promise<Uint8Array> {
    while (this.#messages.length === 0) {
      await within(this.#came.promise);
      this.#came = Promise.withResolvers();
    }
    return new Uint8Array(this.#messages.shift()!);
  }

  async close(): Promise<void> {
    this.#socket.close(CLOSED);
    assertEquals(await within(this.#closed.promise), CLOSED);
    this.#bridge.close();
  }
}

/** Sends messages and compares what comes back, in the midst of which the bridge
 * steps aside where it can. */
async function exchange(
  backend: Backend,
  port: number,
  seed: number,
  certificates?: Certificates,
): Promise<void> {
  const socket = await BridgedSocket.open(backend, port, certificates);
  const dialed = await socket.dialed;
  dialed.stepAside();
  let isOver = false;
  dialed.closed.then(() => isOver = true);
  const random = seededRandom(seed);
  const sent: Uint8Array[] = [];
  for (let left = 60; left > 0; left--) {
    // Some are always under way.
    for (let count = between(random, 1, 4); count > 0; count--) {
      const message = randomBytes(random, between(random, 1, 60_000));
      socket.send(message);
      sent.push(message);
    }
    while (sent.length > between(random, 0, 4)) {
      assertEquals(await socket.next(), sent.shift()!);
    }
    if (backend.name === "epoll" && !isOver) left++;
  }
  for (const message of sent) assertEquals(await socket.next(), message);
  assertEquals(isOver, backend.name === "epoll");
  await socket.close();
}

const SCHEMES = ["ws", "wss"] as const;

testCases(SCHEMES.map((scheme): Case => ({
  name: `openBridge() steps aside under load (${scheme})`,
  ignore: scheme === "wss" && NO_OPENSSL,
  async run(backend) {
    const certificates = scheme === "wss"
      ? await makeCertificates()
      : undefined;
    await using server = serveEcho(certificates);
    const { port } = server.addr;
    for (let seed = 1; seed <= 4; seed++) {
      await exchange(backend, port, seed, certificates);
    }
  },
})));

testCases([{
  name: "openBridge() stays when it is closed before it could step aside",
  async run(backend) {
    await using server = serveEcho();
    const socket = await BridgedSocket.open(backend, server.addr.port);
    (await socket.dialed).stepAside();
    socket.send(Uint8Array.of(1, 2, 3));
    assertEquals(await socket.next(), Uint8Array.of(1, 2, 3));
    await socket.close();
  },
}]);
