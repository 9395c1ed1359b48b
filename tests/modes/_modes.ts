import { ffiSupport } from "../../ffi/mod.ts";
import {
  type Client,
  type ClientOptions,
  type Server,
  type ServerOptions,
  startClient,
  startServer,
} from "../../mod.ts";
import { within } from "../ffi/within.ts";

// The C library stays open once it was opened: that must not be inside a test.
const HAS_EPOLL = ffiSupport().supported;

/** Admits providers in all tests. */
export const REVERSE_TOKEN = "a reverse token";
/** Admits connectors in all tests. */
export const CONNECTOR_TOKEN = "a connector token";
const DEADLINE_MS = 20_000;

/** One way to run all programs. */
export interface Variant {
  /** The sockets of all. */
  backend: "epoll" | "deno";
  /** What apps are told. */
  optimistic: boolean;
}

/** A server with reverse tokens, and clients of it that are closed at the end. */
export class Modes implements AsyncDisposable {
  /** The server. */
  readonly server: Server;
  readonly #variant: Variant;
  readonly #clients: Client[] = [];

  constructor(server: Server, variant: Variant) {
    this.server = server;
    this.#variant = variant;
  }

  /** Starts a server on a free port. */
  static async start(
    variant: Variant,
    options: Partial<ServerOptions>,
  ): Promise<Modes> {
    const server = await startServer({
      hostname: "127.0.0.1",
      port: 0,
      gracePeriodMs: 0,
      ...variant,
      ...options,
    });
    return new Modes(server, variant);
  }

  /** A client that is connected, unless `ready` is false. */
  async client(
    options: Partial<ClientOptions>,
    ready = true,
  ): Promise<Client> {
    const client = await startClient({
      url: `ws://127.0.0.1:${this.server.addr.port}`,
      token: REVERSE_TOKEN,
      socksPort: 0,
      gracePeriodMs: 0,
      ...this.#variant,
      ...options,
    });
    this.#clients.push(client);
    if (ready) await within(client.ready);
    return client;
  }

  /** A provider that the server knows. */
  async provider(options: Partial<ClientOptions> = {}): Promise<Client> {
    const before = this.server.sessionCount;
    const client = await this.client({ reverse: true, ...options });
    await until(() => this.server.sessionCount > before);
    return client;
  }

  /** A connector; gives its SOCKS port. */
  async connector(options: Partial<ClientOptions> = {}): Promise<number> {
    const client = await this.client({ token: CONNECTOR_TOKEN, ...options });
    return client.addr!.port;
  }

  /** The SOCKS port at the server, which opens when a provider is there. */
  async socksPort(token: string = REVERSE_TOKEN): Promise<number> {
    await until(() => this.server.tokens.socksAddr(token) !== undefined);
    return this.server.tokens.socksAddr(token)!.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) {
      client.abort();
      await within(client.closed.catch(() => {}), DEADLINE_MS);
    }
    await within(this.server.close(), DEADLINE_MS);
  }
}

/** Looks again each turn of the loop until it is so. */
export async function until(
  isSo: () => boolean,
  timeoutMs = 5000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > end) throw new Error("it never came to be so");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Registers one test for each way to run. */
export function testModes(
  name: string,
  options: Partial<ServerOptions>,
  run: (modes: Modes, variant: Variant) => Promise<void>,
  select: (variant: Variant) => boolean = () => true,
): void {
  for (const backend of ["epoll", "deno"] as const) {
    for (const optimistic of [false, true]) {
      const variant = { backend, optimistic };
      if (!select(variant)) continue;
      Deno.test({
        name: `${name} (${backend}${optimistic ? ", optimistic" : ""})`,
        ignore: backend === "epoll" && !HAS_EPOLL,
        fn: async () => {
          await using modes = await Modes.start(variant, options);
          await within(run(modes, variant), DEADLINE_MS);
        },
      });
    }
  }
}

/** One way to run is enough where sockets make no difference. */
export function testMode(
  name: string,
  options: Partial<ServerOptions>,
  run: (modes: Modes, variant: Variant) => Promise<void>,
): void {
  const backend = HAS_EPOLL ? "epoll" : "deno";
  testModes(
    name,
    options,
    run,
    (variant) => variant.backend === backend && !variant.optimistic,
  );
}
