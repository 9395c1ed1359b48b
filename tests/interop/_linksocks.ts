import { ffiSupport } from "../../ffi/mod.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const START_DEADLINE_MS = 20_000;

/** The command line of this version cannot start a server; its library can. */
const SERVER_PROGRAM = `
import asyncio, sys
from linksocks import Server
from linksocks._logging_config import init_logging

async def main():
    port, token, fast_open = sys.argv[1:]
    init_logging()
    server = Server(
        ws_host="127.0.0.1",
        ws_port=int(port),
        fast_open=fast_open == "on",
    )
    await server.async_add_forward_token(token)
    async with server:
        await asyncio.Future()

asyncio.run(main())
`;

/** A server that starts without tokens and is told them by its HTTP API. */
const API_PROGRAM = SERVER_PROGRAM
  .replace("token, fast_open = ", "api_key = ")
  .replace(/fast_open=.*/, "api_key=api_key,")
  .replace(/ *await server\.async_add_forward_token.*\n/, "");

/** Its command line. */
const CLIENT_PROGRAM = "from linksocks._cli import cli; cli()";

/** A running program of the reference; disposing of it kills it. */
export class ReferenceProcess {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #output = "";
  #wanted: { text: string; found(): void } | undefined;

  /** Runs the reference's Python with these arguments. */
  constructor(python: string, args: readonly string[]) {
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$0" "$@" 2>&1', python, ...args],
      // Log lines are folded at this width.
      env: { COLUMNS: "300", PYTHONUNBUFFERED: "1" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  /** A server on `port`, once it listens. */
  static async server(
    python: string,
    { port, token, fastOpen }: {
      port: number;
      token: string;
      fastOpen: boolean;
    },
  ): Promise<ReferenceProcess> {
    const flag = fastOpen ? "on" : "off";
    const args = ["-c", SERVER_PROGRAM, String(port), token, flag];
    const process = new ReferenceProcess(python, args);
    return await process.#started("LinkSocks server started");
  }

  /** A server with the HTTP API on `port`, once it listens. */
  static async api(
    python: string,
    { port, apiKey }: { port: number; apiKey: string },
  ): Promise<ReferenceProcess> {
    const args = ["-c", API_PROGRAM, String(port), apiKey];
    const process = new ReferenceProcess(python, args);
    return await process.#started("LinkSocks server started");
  }

  /** A client with its SOCKS port on `socksPort`, which may fail. */
  static client(
    python: string,
    { serverPort, socksPort, token, fastOpen }: {
      serverPort: number;
      socksPort: number;
      token: string;
      fastOpen: boolean;
    },
  ): ReferenceProcess {
    return new ReferenceProcess(python, [
      ...["-c", CLIENT_PROGRAM, "client", "--no-env-proxy"],
      ...["--direct-mode", "relay-only"],
      ...["--url", `ws://127.0.0.1:${serverPort}`, "--token", token],
      ...["--socks-host", "127.0.0.1", "--socks-port", String(socksPort)],
      ...(fastOpen ? ["--fast-open"] : []),
    ]);
  }

  /** Resolves when a client serves its SOCKS port. */
  async serves(): Promise<this> {
    return await this.#started("SOCKS5 server started");
  }

  /** Resolves when it has printed `text`; it is killed if it never does. */
  async says(text: string): Promise<this> {
    return await this.#started(text);
  }

  /** The exit code, once it ended by itself, and all that it said. */
  async ended(): Promise<{ code: number; output: string }> {
    const { code } = await this.#child.status;
    await this.#reading;
    return { code, output: this.#output };
  }

  async #started(text: string): Promise<this> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#wanted = { text, found: resolve };
    this.#look();
    const timer = setTimeout(
      () => reject(new Error("it does not start")),
      START_DEADLINE_MS,
    );
    const early = this.#reading.then(() => {
      throw new Error("it ended");
    });
    try {
      await Promise.race([promise, early]);
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw new Error(`no "${text}" but: ${this.#output}`, { cause: error });
    } finally {
      clearTimeout(timer);
      early.catch(() => {});
    }
  }

  async #read(): Promise<void> {
    const stream = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of stream) {
      this.#output += text;
      this.#look();
    }
  }

  #look(): void {
    if (this.#wanted && this.#output.includes(this.#wanted.text)) {
      this.#wanted.found();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await this.#child.status;
    await this.#reading;
  }
}
