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

/** The token of all stages. */
export const TOKEN = "a token of the tests";

/** One way to run both programs. */
export interface Variant {
  /** The sockets of both. */
  backend: "epoll" | "deno";
  /** What the client tells apps. */
  optimistic: boolean;
}

/** A server and a client that is connected to it. */
export interface Stage {
  /** The server. */
  server: Server;
  /** The client. */
  client: Client;
  /** The SOCKS port. */
  socksPort: number;
}

/** Runs `run` between a started server and client, and closes them. */
export async function onStage(
  { backend, optimistic }: Variant,
  run: (stage: Stage) => Promise<void>,
  options: Partial<ClientOptions> = {},
  serverOptions: Partial<ServerOptions> = {},
): Promise<void> {
  const server = await startServer({
    token: TOKEN,
    hostname: "127.0.0.1",
    port: 0,
    backend,
    gracePeriodMs: 0,
    ...serverOptions,
  });
  const client = await startClient({
    url: `ws://127.0.0.1:${server.addr.port}`,
    token: TOKEN,
    socksPort: 0,
    backend,
    optimistic,
    gracePeriodMs: 0,
    ...options,
  });
  try {
    await within(client.ready);
    await within(
      run({ server, client, socksPort: client.addr!.port }),
      15_000,
    );
  } finally {
    await within(client.close(), 10_000);
    await within(server.close(), 10_000);
  }
}

/** Registers one test for each way to run. */
export function testVariants(
  name: string,
  run: (variant: Variant) => Promise<void>,
  select: (variant: Variant) => boolean = () => true,
): void {
  for (const backend of ["epoll", "deno"] as const) {
    for (const optimistic of [false, true]) {
      const variant = { backend, optimistic };
      if (!select(variant)) continue;
      Deno.test({
        name: `${name} (${backend}${optimistic ? ", optimistic" : ""})`,
        ignore: backend === "epoll" && !HAS_EPOLL,
        fn: () => run(variant),
      });
    }
  }
}
