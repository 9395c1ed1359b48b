import { ReferenceProcess } from "./_linksocks.ts";

/** What a foreign server is told. */
export interface ForeignServer {
  /** Where it listens. */
  port: number;
  /** Its SOCKS port, without autonomy. */
  socksPort: number;
  /** Admits providers. */
  reverseToken: string;
  /** Admits connectors, without autonomy. */
  connectorToken: string;
  /** Tell apps early. */
  fastOpen: boolean;
  /** Providers manage their connectors. */
  autonomy: boolean;
}

/** What a foreign client is told. */
export interface ForeignClient {
  /** The server. */
  url: string;
  /** Shown to it. */
  token: string;
  /** The SOCKS port; without one it is a provider. */
  socksPort?: number;
  /** What a provider registers. */
  connectorToken?: string;
  /** Tell apps early. */
  fastOpen: boolean;
}

/** Another implementation of the protocol. */
export interface Foreign {
  /** For the names of tests. */
  readonly name: string;
  /** Starts a server; resolves when it listens. */
  server(python: string, options: ForeignServer): Promise<ReferenceProcess>;
  /** Starts a client. */
  client(python: string, options: ForeignClient): ReferenceProcess;
  /** What a client prints when it was let in. */
  readonly joined: string;
  /** How many apps may open conns to its SOCKS port at the same moment. */
  readonly backlog: number;
}

const HOST = "127.0.0.1";

/** Its command line cannot start a server; its library can. */
const LINKSOCKS_SERVER = `
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

const LINKSOCKS_CLIENT = "from linksocks._cli import cli; cli()";

/** The reference. */
export const LINKSOCKS: Foreign = {
  name: "linksocks",
  joined: "uthenticat",
  backlog: 50,
  server(python, options) {
    const flag = (on: boolean) => on ? "on" : "off";
    const process = new ReferenceProcess(python, [
      ...["-c", LINKSOCKS_SERVER],
      ...[String(options.port), String(options.socksPort)],
      ...[options.reverseToken, options.connectorToken],
      ...[flag(options.fastOpen), flag(options.autonomy)],
    ]);
    return process.says("LinkSocks server started");
  },
  client(python, { url, token, socksPort, connectorToken, fastOpen }) {
    return new ReferenceProcess(python, [
      ...["-c", LINKSOCKS_CLIENT],
      socksPort === undefined ? "provider" : "connector",
      ...["--no-env-proxy", "--direct-mode", "relay-only"],
      ...["--url", url, "--token", token],
      ...(socksPort === undefined
        ? []
        : ["--socks-host", HOST, "--socks-port", String(socksPort)]),
      ...(connectorToken ? ["--connector-token", connectorToken] : []),
      ...(fastOpen ? ["--fast-open"] : []),
    ]);
  },
};

/** The port to Python, which has no fast open. */
export const PYWSSOCKS: Foreign = {
  name: "pywssocks",
  joined: "Authentication successful",
  // It calls `listen(5)`: SYNs beyond that are lost, and cost 1, 3, 7, 15 s.
  backlog: 5,
  server(python, options) {
    const process = new ReferenceProcess(python, [
      ...["-m", "pywssocks", "server", "-H", HOST, "-P", String(options.port)],
      ...["-r", "-t", options.reverseToken],
      ...(options.autonomy
        ? ["-a"]
        : ["-c", options.connectorToken, "-p", String(options.socksPort)]),
    ]);
    return process.says("started on");
  },
  client(python, { url, token, socksPort, connectorToken }) {
    return new ReferenceProcess(python, [
      ...["-m", "pywssocks", "client", "-u", url, "-t", token],
      ...(socksPort === undefined ? ["-r"] : ["-p", String(socksPort)]),
      ...(connectorToken ? ["-c", connectorToken] : []),
    ]);
  },
};
