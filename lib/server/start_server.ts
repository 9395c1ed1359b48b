import { abortWith } from "../base/abort_with.ts";
import { parseServerOptions, type ServerOptions } from "./options.ts";
import { type Server, startOne } from "./server.ts";
import { startWorkers } from "./server_workers.ts";

/**
 * Starts a server: accepts tunnels of clients that have a token, and dials for
 * them or passes requests of apps and connectors to providers.
 *
 * Needs `--allow-net`; `--allow-ffi` for TCP Fast Open toward targets; and
 * `--allow-all` for Fast Open at its own port, since only that lets Deno show
 * its sockets.
 *
 * @throws {ConfigError} if an option is not allowed
 * @throws {TunnelError} if it cannot listen
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { signal } = options;
  signal?.throwIfAborted();
  const checked = parseServerOptions(options);
  const { workers } = checked;
  const server =
    await (workers > 1 ? startWorkers(options, workers) : startOne(checked));
  abortWith(server, signal);
  return server;
}
