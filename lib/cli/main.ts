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
import { findSources, inUserWords } from "./flag_source.ts";
import { commandHelp } from "./help_text.ts";
import { parseFlags } from "./parse_flags.ts";
import { redact } from "./redact.ts";
import { resolveFlags } from "./resolve_flags.ts";
import { versionText } from "./version_text.ts";

/**
 * Runs a command until it ends. Never exits the process: the entry file does,
 * with the returned code.
 *
 * @param args The arguments, such as `Deno.args`.
 * @param program The entry file: `synsocks` takes a command first, the others
 *   are commands themselves.
 * @param context Output, environment and signals; tests pass their own.
 * @returns The exit code, one of {@linkcode EXIT}.
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
  // Before any value is read: help must work with a wrong environment, too.
  if (given.get("help")?.at(-1) === "true") {
    context.output.out(commandHelp(command, usage));
    return EXIT.ok;
  }
  if (given.get("version")?.at(-1) === "true") {
    context.output.out(versionText());
    return EXIT.ok;
  }
  const sources = findSources(command.flags, given, context.environment);
  try {
    const { values, ignored } = resolveFlags(
      command.flags,
      sources,
      (values) => command.idle?.(values) ?? {},
    );
    return await command.run(values, { ...context, ignored });
  } catch (error) {
    throw error instanceof ConfigError
      ? inUserWords(error, command.flags, sources)
      : error;
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
    // Our own errors say what was tried; errors of the system only say why it
    // failed.
    const complete = /^(Cannot|Lost) .+: /.test(text);
    output.err(
      complete ? text : `Cannot run ${chosen?.command.name}: ${text}`,
    );
  }
  return code;
}
