/**
 * The server program.
 *
 * @example
 * ```sh
 * deno run -A server.ts --help
 * ```
 *
 * @module
 */
import { main } from "./lib/cli/main.ts";

if (import.meta.main) Deno.exit(await main(Deno.args, "server"));
