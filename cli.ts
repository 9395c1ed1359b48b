/**
 * The whole command line: server, client, provider, demo, doctor and the rest.
 *
 * @example
 * ```sh
 * deno run -A cli.ts --help
 * ```
 *
 * @module
 */
import { runProgram } from "./lib/cli/run_program.ts";

if (import.meta.main) await runProgram("synsocks");
