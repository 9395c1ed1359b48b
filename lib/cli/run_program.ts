import { unsupportedDeno } from "../base/deno_version.ts";
import type { Program } from "./choose_command.ts";

/**
 * Runs a program and exits the process when it ends. Loads everything else only
 * if this Deno can run it.
 *
 * @param program The entry file that was started.
 */
export async function runProgram(program: Program): Promise<never> {
  const reason = unsupportedDeno(Deno.version.deno);
  if (reason !== undefined) {
    // deno-lint-ignore no-console -- the logger may need a newer Deno
    console.error(reason);
    Deno.exit(1);
  }
  const { main } = await import("./main.ts");
  Deno.exit(await main(Deno.args, program));
}
