import { newToken } from "../../wire/token.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import type { FlagValues } from "../flags.ts";
import { socketOptions } from "../shared_flags.ts";
import { runUntilStopped } from "../signals.ts";
import { addrText, indented } from "../start_lines.ts";
import { SERVER_FLAGS } from "./server_flags.ts";

/** The command `server`. */
export const SERVER_COMMAND: Command<typeof SERVER_FLAGS> = {
  name: "server",
  summary: "Accept clients on a WebSocket and dial their targets",
  description: "Accepts clients on a WebSocket and dials their targets.",
  flags: SERVER_FLAGS,
  run: runServer,
};

async function runServer(
  values: FlagValues<typeof SERVER_FLAGS>,
  context: CommandContext,
): Promise<number> {
  const { output, roles, signals } = context;
  const token = values.token.trim() || newToken();
  const server = await roles.startServer({
    ...socketOptions(values, context),
    token,
    hostname: values.wsHost,
    port: values.wsPort,
    workers: workerCount(values.workers),
  });
  output.out(`Listening on ws://${addrText(server.addr)}`);
  // A token that the user chose stays out of the terminal.
  if (token !== values.token.trim()) {
    output.out(`Token: ${token} (made up; set your own with --token)`);
  }
  for (const line of indented(server.report())) output.out(line);
  const ending = await runUntilStopped(server, signals);
  return ending === "closed" ? EXIT.ok : EXIT.fatal;
}

/** As `--threads` of the client: 0 means one, -1 one for each processor. */
function workerCount(asked: number): number {
  return asked < 0 ? navigator.hardwareConcurrency : asked || 1;
}
