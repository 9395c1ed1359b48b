import type { RunningProcess } from "../load/processes.ts";
import { SERVER_HOST, type Stage } from "./stage.ts";

const SERVER_PORT = 8765;
const SOCKS_PORT = 9870;
const LOOPBACK = "127.0.0.1";
const TOKEN = "a token of the benches";
const PASSWORD = "a password of the benches";
const URL_OF_SERVER = `ws://${SERVER_HOST}:${SERVER_PORT}`;

/** What the app is to use, and the processes behind it. */
export interface System extends AsyncDisposable {
  /** A SOCKS port; absent for none. */
  socksPort?: number;
  /** How the app starts a client by itself, for each request. */
  client?: { url: string; token: string; tfo: string; optimistic: boolean };
}

/** Why a system cannot run here. */
export class Unavailable extends Error {}

/** Flags of our two programs. */
export interface OurFlags {
  /** `--tfo` of both. */
  tfo: string;
  /** `-f` of the client. */
  optimistic: boolean;
}

function systemOf(
  processes: readonly RunningProcess[],
  use: { socksPort?: number; client?: System["client"] & object } = {},
): System {
  return {
    ...use,
    async [Symbol.asyncDispose]() {
      for (const process of processes) await process[Symbol.asyncDispose]();
    },
  };
}

/** Waits for each process in turn; ends all of them if one does not start. */
async function started(
  processes: [start: () => RunningProcess, says: RegExp][],
): Promise<RunningProcess[]> {
  const running: RunningProcess[] = [];
  try {
    for (const [start, says] of processes) {
      const process = start();
      running.push(process);
      await process.find(says);
    }
    return running;
  } catch (error) {
    for (const process of running) await process[Symbol.asyncDispose]();
    throw error;
  }
}

function ourServer(
  stage: Stage,
  { tfo }: OurFlags,
): [() => RunningProcess, RegExp] {
  const flags = ["--ws-host", SERVER_HOST, "--ws-port", String(SERVER_PORT)];
  return [
    () =>
      stage.runDeno("server", "../../server.ts", [
        ...flags,
        ...["--token", TOKEN, "--tfo", tfo],
      ]),
    /Listening on/,
  ];
}

/** No proxy at all. */
export function startNothing(): Promise<System> {
  return Promise.resolve(systemOf([]));
}

/** Our server and our client, with a session. */
export async function startOurs(
  stage: Stage,
  flags: OurFlags,
): Promise<System> {
  const processes = await started([
    ourServer(stage, flags),
    [
      () =>
        stage.runDeno("client", "../../client.ts", [
          ...["--url", URL_OF_SERVER, "--token", TOKEN],
          ...["--socks-port", String(SOCKS_PORT), "--tfo", flags.tfo],
          ...(flags.optimistic ? ["--fast-open"] : []),
        ]),
      /SOCKS5 proxy on/,
    ],
  ]);
  return systemOf(processes, { socksPort: SOCKS_PORT });
}

/** Our server; the app starts a client for each request. */
export async function startOurServer(
  stage: Stage,
  flags: OurFlags,
): Promise<System> {
  const processes = await started([ourServer(stage, flags)]);
  return systemOf(processes, {
    client: { url: URL_OF_SERVER, token: TOKEN, ...flags },
  });
}

/** shadowsocks-libev. */
export async function startShadowsocks(
  stage: Stage,
  { fastOpen }: { fastOpen: boolean },
): Promise<System> {
  for (const name of ["ss-server", "ss-local"]) await requireProgram(name);
  const flags = [
    ...["-s", SERVER_HOST, "-p", String(SERVER_PORT)],
    ...["-k", PASSWORD, "-m", "aes-256-gcm", "--no-delay"],
    ...(fastOpen ? ["--fast-open"] : []),
  ];
  const local = ["-b", LOOPBACK, "-l", String(SOCKS_PORT)];
  const listens = /listening at/;
  const processes = await started([
    [() => stage.run("server", "ss-server", flags), listens],
    [() => stage.run("client", "ss-local", [...flags, ...local]), listens],
  ]);
  return systemOf(processes, { socksPort: SOCKS_PORT });
}

async function requireProgram(name: string): Promise<void> {
  const { success } = await new Deno.Command("/bin/sh", {
    args: ["-c", 'command -v "$0"', name],
    stdin: "null",
  }).output();
  if (!success) {
    throw new Unavailable(`${name} is not here (Debian: shadowsocks-libev)`);
  }
}

/** Its command line cannot start a server; its library can. */
const REFERENCE_SERVER = `
import asyncio, sys
from linksocks import Server
from linksocks._logging_config import init_logging

async def main():
    host, port, token, fast_open = sys.argv[1:]
    init_logging()
    server = Server(ws_host=host, ws_port=int(port), fast_open=fast_open == "on")
    await server.async_add_forward_token(token)
    async with server:
        await asyncio.Future()

asyncio.run(main())
`;
const REFERENCE_CLIENT = "from linksocks._cli import cli; cli()";
/** Its log lines are folded at this width. */
const REFERENCE_ENV = { COLUMNS: "300", PYTHONUNBUFFERED: "1" };

/** linksocks 1.8.9 of PyPI. */
export async function startReference(
  stage: Stage,
  { optimistic }: { optimistic: boolean },
): Promise<System> {
  const python = Deno.env.get("LINKSOCKS_PYTHON");
  if (!python) {
    throw new Unavailable(
      "LINKSOCKS_PYTHON names no Python that has linksocks==1.8.9",
    );
  }
  const server = [
    ...["-c", REFERENCE_SERVER, SERVER_HOST, String(SERVER_PORT), TOKEN],
    optimistic ? "on" : "off",
  ];
  const client = [
    ...["-c", REFERENCE_CLIENT, "client", "--no-env-proxy"],
    ...["--direct-mode", "relay-only", "--token", TOKEN],
    ...["--url", URL_OF_SERVER, "--socks-host", LOOPBACK],
    ...["--socks-port", String(SOCKS_PORT)],
    ...(optimistic ? ["--fast-open"] : []),
  ];
  const processes = await started([
    [
      () => stage.run("server", python, server, REFERENCE_ENV),
      /LinkSocks server started/,
    ],
    [
      () => stage.run("client", python, client, REFERENCE_ENV),
      /SOCKS5 server started/,
    ],
  ]);
  return systemOf(processes, { socksPort: SOCKS_PORT });
}
