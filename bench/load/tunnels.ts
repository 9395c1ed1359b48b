import { RunningProcess } from "./processes.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const TOKEN = "a token of the benches";
const PASSWORD = "a password of the benches";
const READY_DEADLINE_MS = 10_000;
const READY_POLL_MS = 20;

/** A SOCKS port and the processes behind it; disposing of it kills them. */
export interface Tunnel extends AsyncDisposable {
  /** What it is. */
  readonly name: string;
  /** Of its SOCKS listener, on 127.0.0.1. */
  readonly socksPort: number;
  /** The exit. */
  readonly server: RunningProcess;
  /** The entry. */
  readonly client: RunningProcess;
}

/** How to start our two programs. */
export interface OursOptions {
  /** More flags of the server. */
  serverFlags?: readonly string[];
  /** The port that the client is to dial instead of the server's. */
  via?: (serverPort: number) => number;
}

function tunnelOf(
  name: string,
  socksPort: number,
  server: RunningProcess,
  client: RunningProcess,
): Tunnel {
  return {
    name,
    socksPort,
    server,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Runs a program of this repository. */
function runOurs(file: string, flags: readonly string[]): RunningProcess {
  return new RunningProcess(Deno.execPath(), [
    // As the README says, and the service does.
    ...["run", "-A", "--v8-flags=--max-semi-space-size=2"],
    ...[`${ROOT}${file}`, "--token", TOKEN],
    ...flags,
  ]);
}

/** Starts our server; gives its port. */
export async function startOurServer(
  flags: readonly string[] = [],
): Promise<{ server: RunningProcess; port: number }> {
  const server = runOurs("server.ts", [
    ...["--ws-host", "127.0.0.1", "--ws-port", "0"],
    ...flags,
  ]);
  const [, port] = await server.find(/Listening on ws:\/\/127\.0\.0\.1:(\d+)/);
  return { server, port: Number(port) };
}

/** Starts our client, which says success at once, as ss-local does. */
export async function startOurClient(
  serverPort: number,
): Promise<{ client: RunningProcess; socksPort: number }> {
  const client = runOurs("client.ts", [
    ...["--url", `ws://127.0.0.1:${serverPort}`],
    ...["--socks-port", "0", "--fast-open"],
  ]);
  const [, port] = await client.find(/SOCKS5 proxy on 127\.0\.0\.1:(\d+)/);
  return { client, socksPort: Number(port) };
}

/** Starts our server and client. */
export async function startOurs(
  { serverFlags = [], via = (port) => port }: OursOptions = {},
): Promise<Tunnel> {
  const { server, port } = await startOurServer(serverFlags);
  const { client, socksPort } = await startOurClient(via(port));
  return tunnelOf("synsocks", socksPort, server, client);
}

/**
 * Starts shadowsocks-libev.
 *
 * @param directory Where its configuration may be written.
 * @returns The tunnel, or why it cannot be had.
 */
export async function startShadowsocks(
  directory: string,
): Promise<Tunnel | string> {
  const [serverPort, socksPort] = freePorts(2) as [number, number];
  const config = `${directory}/shadowsocks-${serverPort}.json`;
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      server: "127.0.0.1",
      server_port: serverPort,
      local_address: "127.0.0.1",
      local_port: socksPort,
      password: PASSWORD,
      method: "aes-256-gcm",
      fast_open: true,
      no_delay: true,
      timeout: 300,
    }),
  );
  try {
    const server = new RunningProcess("ss-server", ["-c", config]);
    const client = new RunningProcess("ss-local", ["-c", config]);
    await listens(serverPort);
    await listens(socksPort);
    return tunnelOf("shadowsocks-libev", socksPort, server, client);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return "ss-server and ss-local (shadowsocks-libev) are not installed";
  }
}

/** The command line of the reference cannot start a server; its library can. */
const REFERENCE_SERVER = `
import asyncio, sys
from linksocks import Server
from linksocks._logging_config import init_logging

async def main():
    init_logging()
    server = Server(ws_host="127.0.0.1", ws_port=int(sys.argv[1]), fast_open=True)
    await server.async_add_forward_token(sys.argv[2])
    async with server:
        await asyncio.Future()

asyncio.run(main())
`;
const REFERENCE_CLIENT = "from linksocks._cli import cli; cli()";
/** Its log lines are folded at this width. */
const REFERENCE_ENV = { COLUMNS: "300", PYTHONUNBUFFERED: "1" };

/** Our client with the reference's server, started by that Python. */
export async function startReferenceServer(python: string): Promise<Tunnel> {
  const [port] = freePorts(1) as [number];
  const server = new RunningProcess(
    python,
    ["-c", REFERENCE_SERVER, String(port), TOKEN],
    REFERENCE_ENV,
  );
  await server.find(/LinkSocks server started/);
  const { client, socksPort } = await startOurClient(port);
  return tunnelOf("our client, reference server", socksPort, server, client);
}

/** The reference's client, started by that Python, with our server. */
export async function startReferenceClient(python: string): Promise<Tunnel> {
  const { server, port } = await startOurServer();
  const [socksPort] = freePorts(1) as [number];
  const client = new RunningProcess(python, [
    ...["-c", REFERENCE_CLIENT, "client", "--no-env-proxy", "--fast-open"],
    ...["--direct-mode", "relay-only", "--token", TOKEN],
    ...["--url", `ws://127.0.0.1:${port}`],
    ...["--socks-host", "127.0.0.1", "--socks-port", String(socksPort)],
  ], REFERENCE_ENV);
  await client.find(/SOCKS5 server started/);
  return tunnelOf("reference client, our server", socksPort, server, client);
}

/** Ports that nobody listens on. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

async function listens(port: number): Promise<void> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
  }
}
