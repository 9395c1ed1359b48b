import {
  type Client,
  type ClientOptions,
  type Server,
  startClient,
  startServer,
} from "../../mod.ts";
import { until } from "../modes/_modes.ts";
import type { Foreign, ForeignClient } from "./_foreign.ts";
import { freePort } from "../net/free_port.ts";
import type { ReferenceProcess } from "./_linksocks.ts";

/** Whose program plays a part. */
export type Side = "ours" | "theirs";

/** Who plays which part. */
export interface Cast {
  /** Runs the server. */
  server: Side;
  /** Runs the provider. */
  provider: Side;
  /** Runs the connector, if there is one. */
  connector?: Side;
}

/** How the parts are played. */
export interface RelayOptions {
  /** All that can tell apps early. */
  fastOpen: boolean;
  /** The provider registers the connector token itself. */
  autonomy: boolean;
}

const HOST = "127.0.0.1";
const REVERSE_TOKEN = "a reverse token";
const CONNECTOR_TOKEN = "a connector token";
const START_DEADLINE_MS = 15_000;

/** Programs of both kinds that run together. */
export class RelayStage implements AsyncDisposable {
  /** The SOCKS port of the server, once a provider is there. */
  readonly socksPort: number = freePort();
  /** The SOCKS port of the connector. */
  connectorPort: number = 0;
  readonly #foreign: Foreign;
  readonly #python: string;
  readonly #options: RelayOptions;
  readonly #stack = new AsyncDisposableStack();
  #serverPort = 0;
  #server: Server | undefined;

  constructor(foreign: Foreign, python: string, options: RelayOptions) {
    this.#foreign = foreign;
    this.#python = python;
    this.#options = options;
  }

  /** Starts all, one after another. */
  static async start(
    foreign: Foreign,
    python: string,
    { server, provider, connector }: Cast,
    options: RelayOptions,
  ): Promise<RelayStage> {
    const stage = new RelayStage(foreign, python, options);
    try {
      await (server === "ours" ? stage.#ourServer() : stage.#theirServer());
      await stage.#provider(provider);
      if (connector) await stage.#connector(connector);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #ourServer(): Promise<void> {
    const { autonomy, fastOpen } = this.#options;
    const server = await startServer({
      hostname: HOST,
      port: 0,
      optimistic: fastOpen,
      gracePeriodMs: 0,
      reverse: autonomy ? { token: REVERSE_TOKEN, autonomy } : {
        token: REVERSE_TOKEN,
        connectorToken: CONNECTOR_TOKEN,
        port: this.socksPort,
      },
    });
    this.#stack.defer(() => server.close());
    this.#serverPort = server.addr.port;
    this.#server = server;
  }

  async #theirServer(): Promise<void> {
    this.#serverPort = freePort();
    const process = await this.#foreign.server(this.#python, {
      port: this.#serverPort,
      socksPort: this.socksPort,
      reverseToken: REVERSE_TOKEN,
      connectorToken: CONNECTOR_TOKEN,
      ...this.#options,
    });
    this.#stack.use(process);
  }

  async #provider(side: Side): Promise<void> {
    const { autonomy } = this.#options;
    if (side === "ours") {
      const extra = autonomy ? { connectorToken: CONNECTOR_TOKEN } : {};
      const options = { reverse: true, token: REVERSE_TOKEN, ...extra };
      await this.#ourClient(options);
    } else {
      const extra = autonomy ? { connectorToken: CONNECTOR_TOKEN } : {};
      const provider = this.#theirClient({ token: REVERSE_TOKEN, ...extra });
      if (!this.#server) await provider.says(this.#foreign.joined);
    }
    const server = this.#server;
    if (!server) return;
    const isThere = () =>
      server.tokens.snapshot().some(({ clientsCount, connectorTokens = [] }) =>
        clientsCount > 0 && (!autonomy || connectorTokens.length > 0)
      );
    await until(isThere, START_DEADLINE_MS);
  }

  async #connector(side: Side): Promise<void> {
    if (side === "ours") {
      // Their provider may not have registered the token yet.
      const options = { token: CONNECTOR_TOKEN, retryAuth: true };
      const client = await this.#ourClient(options);
      this.connectorPort = client.addr!.port;
      return;
    }
    this.connectorPort = freePort();
    const socksPort = this.connectorPort;
    const process = this.#theirClient({ token: CONNECTOR_TOKEN, socksPort });
    await process.serves();
  }

  async #ourClient(
    options: Pick<
      ClientOptions,
      "token" | "reverse" | "connectorToken" | "retryAuth"
    >,
  ): Promise<Client> {
    const client = await startClient({
      url: `ws://${HOST}:${this.#serverPort}`,
      socksPort: 0,
      optimistic: this.#options.fastOpen,
      gracePeriodMs: 0,
      ...options,
    });
    this.#stack.defer(async () => {
      client.abort();
      await client.closed.catch(() => {});
    });
    await client.ready;
    return client;
  }

  #theirClient(
    options: Omit<ForeignClient, "url" | "fastOpen">,
  ): ReferenceProcess {
    const url = `ws://${HOST}:${this.#serverPort}`;
    const { fastOpen } = this.#options;
    const process = this.#foreign.client(this.#python, {
      url,
      fastOpen,
      ...options,
    });
    this.#stack.use(process);
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
