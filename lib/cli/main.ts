/**
 * The command line: `main()` runs a command and returns the exit code.
 *
 * @module
 */
import { ConfigError, errorText } from "../base/errors.ts";
import {
  chooseCommand,
  type ChosenCommand,
  type Program,
} from "./choose_command.ts";
import { type CommandContext, systemContext } from "./command.ts";
import { EXIT, exitCodeForError } from "./exit_code.ts";
import { commandHelp } from "./help_text.ts";
import { nameOption } from "./name_option.ts";
import { parseFlags } from "./parse_flags.ts";
import { redact } from "./redact.ts";
import { resolveFlags } from "./resolve_flags.ts";
import { versionText } from "./version_text.ts";

export type { BackendChoice } from "../net/choose_backend.ts";
export type { LogFields, Logger } from "../base/logger.ts";
export type { TfoChoice } from "../net/tfo_choice.ts";
export type { Program } from "./choose_command.ts";
export type { CommandContext } from "./command.ts";
export type { Environment } from "./environment.ts";
export type { Output } from "./output.ts";
export type {
  ClientStart,
  ListenAddr,
  RoleStarters,
  RunningClient,
  RunningServer,
  ServerStart,
  SocketOptions,
} from "./role_starters.ts";
export type { SignalSource, Stoppable } from "./signals.ts";

/**
 * Runs the command line to its end. Never exits the process: that is for the
 * entry file, with the code that this returns.
 *
 * @param args The arguments, such as `Deno.args`.
 * @param program The entry file: `synsocks` takes a command first, the others
 * are one.
 * @param context The world around; tests put their own in its place.
 * @returns 0 if all went well, 1 after a fatal error, 2 if the arguments or the
 * environment are wrong.
 */
export async function main(
  args: readonly string[],
  program: Program,
  context: CommandContext = systemContext(),
): Promise<number> {
  let chosen: ChosenCommand | undefined;
  try {
    chosen = chooseCommand(args, program, context.environment);
    return await runCommand(chosen, context);
  } catch (error) {
    return reportFailure(error, chosen, context);
  }
}

async function runCommand(
  chosen: ChosenCommand,
  context: CommandContext,
): Promise<number> {
  const { command, args, usage } = chosen;
  const given = parseFlags(command.flags, args);
  // Help must come even when the environment is wrong, so before all values.
  if (given.get("help")?.at(-1) === "true") {
    context.output.out(commandHelp(command, usage));
    return EXIT.ok;
  }
  if (given.get("version")?.at(-1) === "true") {
    context.output.out(versionText());
    return EXIT.ok;
  }
  const { flags } = command;
  const { environment } = context;
  try {
    const values = resolveFlags(flags, given, environment);
    return await command.run(values, context);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw nameOption(error, flags, given, environment);
  }
}

/** One sentence on standard error, whatever was thrown. */
function reportFailure(
  error: unknown,
  chosen: ChosenCommand | undefined,
  context: CommandContext,
): number {
  const code = exitCodeForError(error);
  const text = redact(errorText(error)).replace(/\s*\n\s*/g, " ");
  const { output } = context;
  if (code === EXIT.usage) {
    output.err(text);
    output.err(`Run '${chosen?.usage ?? "synsocks"} --help' for usage.`);
  } else {
    // An error of ours says what was tried; one of the system only why not.
    const complete = /^Cannot .+: /.test(text);
    output.err(
      complete ? text : `Cannot run ${chosen?.command.name}: ${text}`,
    );
  }
  return code;
}
