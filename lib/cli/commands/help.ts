import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { programHelp } from "../help_text.ts";
import { HELP_FLAGS } from "../shared_flags.ts";

/**
 * Makes the command `help`, which lists the others and itself.
 *
 * @param others The other commands, in the order of the list.
 * @returns The command.
 */
export function helpCommand(
  others: readonly Command[],
): Command<typeof HELP_FLAGS> {
  const command: Command<typeof HELP_FLAGS> = {
    name: "help",
    summary: "Show this text, or the help of one command",
    description: "Shows the commands, or with the name of one its help.",
    flags: HELP_FLAGS,
    run(_values, { output }) {
      output.out(programHelp([...others, command]));
      return Promise.resolve(EXIT.ok);
    },
  };
  return command;
}
