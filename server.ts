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
import { runProgram } from "./lib/cli/run_program.ts";

if (import.meta.main) await runProgram("server");
