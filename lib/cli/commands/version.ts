import type { Command } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import { HELP_FLAGS } from "../shared_flags.ts";
import { versionText } from "../version_text.ts";

/** The command `version`. */
export const VERSION_COMMAND: Command<typeof HELP_FLAGS> = {
  name: "version",
  summary: "Show the version",
  description: "Shows the version, the system and the runtime.",
  flags: HELP_FLAGS,
  run(_values, { output }) {
    output.out(versionText());
    return Promise.resolve(EXIT.ok);
  },
};
