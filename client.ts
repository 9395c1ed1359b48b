/**
 * The client program.
 *
 * @example
 * ```sh
 * deno run -A client.ts --help
 * ```
 *
 * @module
 */
import { runProgram } from "./lib/cli/run_program.ts";

if (import.meta.main) await runProgram("client");
