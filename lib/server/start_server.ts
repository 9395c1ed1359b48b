import { abortWith } from "../base/abort_with.ts";
import { parseServerOptions, type ServerOptions } from "./options.ts";
import { type Server, startOne } from "./server.ts";
import { startWorkers } from "./server_workers.ts";

/**
 * Starts a server: takes tunnels of clients that have a token, and dials for them,
 * or passes what apps and connectors want to providers.
 *
 * Needs `--allow-net`; `--allow-ffi` for TCP Fast Open toward targets; and
 * `--allow-all` for it at its own port, since Deno shows its sockets to no less.
 *
 * @throws {ConfigError} if an option is not possible
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
