import {
  type Client,
  type Server,
  startClient,
  startServer,
} from "../../mod.ts";
import { until } from "../roles/_modes.ts";
import { freePort, ReferenceProcess } from "./_linksocks.ts";

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

const SERVER_PROGRAM = `
import asyncio, sys
from linksocks import Server
from linksocks._logging_config import init_logging

async def main():
    port, socks, reverse, connector, fast_open, autonomy = sys.argv[1:]
    init_logging()
    server = Server(
        ws_host="127.0.0.1",
        ws_port=int(port),
        socks_host="127.0.0.1",
        fast_open=fast_open == "on",
    )
    if autonomy == "on":
        await server.async_add_reverse_token(
            token=reverse, allow_manage_connector=True)
    else:
        await server.async_add_reverse_token(token=reverse, port=int(socks))
        await server.async_add_connector_token(connector, reverse)
    async with server:
        await asyncio.Future()

asyncio.run(main())
`;

const CLIENT_PROGRAM = "from linksocks._cli import cli; cli()";

/** Programs of both kinds that run together. */
export class RelayStage implements AsyncDisposable {
  /** The SOCKS port of the server, once a provider is there. */
  readonly socksPort: number = freePort();
  /** The SOCKS port of the connector. */
  connectorPort: number = 0;
  readonly #python: string;
  readonly #options: RelayOptions;
  readonly #stack = new AsyncDisposableStack();
  #serverPort = 0;
  #server: Server | undefined;

  constructor(python: string, options: RelayOptions) {
    this.#python = python;
    this.#options = options;
  }

  /** Starts all, one after another. */
  static async start(
    python: string,
    { server, provider, connector }: Cast,
    options: RelayOptions,
  ): Promise<RelayStage> {
    const stage = new RelayStage(python, options);
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
    const flag = (on: boolean) => on ? "on" : "off";
    const { autonomy, fastOpen } = this.#options;
    const args = [
      String(this.#serverPort),
      String(this.socksPort),
      ...[REVERSE_TOKEN, CONNECTOR_TOKEN, flag(fastOpen), flag(autonomy)],
    ];
    const args0 = ["-c", SERVER_PROGRAM, ...args];
    const process = new ReferenceProcess(this.#python, args0);
    this.#stack.use(await process.says("LinkSocks server started"));
  }

  async #provider(side: Side): Promise<void> {
    const { autonomy } = this.#options;
    if (side === "ours") {
      const extra = autonomy ? { connectorToken: CONNECTOR_TOKEN } : {};
      const options = { reverse: true, token: REVERSE_TOKEN, ...extra };
      await this.#ourClient(options);
    } else {
      const args = ["provider", "--token", REVERSE_TOKEN];
      if (autonomy) args.push("--connector-token", CONNECTOR_TOKEN);
      const provider = this.#theirClient(args);
      if (!this.#server) await provider.says("uthenticat");
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
      const client = await this.#ourClient({ token: CONNECTOR_TOKEN });
      this.connectorPort = client.addr!.port;
      return;
    }
    this.connectorPort = freePort();
    const process = this.#theirClient([
      ...["connector", "--token", CONNECTOR_TOKEN, "--socks-host", HOST],
      ...["--socks-port", String(this.connectorPort)],
      ...(this.#options.fastOpen ? ["--fast-open"] : []),
    ]);
    await process.serves();
  }

  async #ourClient(
    options: { token: string; reverse?: boolean; connectorToken?: string },
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

  #theirClient(args: readonly string[]): ReferenceProcess {
    const process = new ReferenceProcess(this.#python, [
      ...["-c", CLIENT_PROGRAM, ...args],
      ...["--no-env-proxy", "--direct-mode", "relay-only"],
      ...["--url", `ws://${HOST}:${this.#serverPort}`],
    ]);
    this.#stack.use(process);
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
