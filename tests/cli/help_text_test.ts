import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import type { Command } from "../../lib/cli/command.ts";
import { CLIENT_COMMAND } from "../../lib/cli/commands/client.ts";
import { DEMO_COMMAND } from "../../lib/cli/commands/demo.ts";
import { helpCommand } from "../../lib/cli/commands/help.ts";
import { SERVER_COMMAND } from "../../lib/cli/commands/server.ts";
import { VERSION_COMMAND } from "../../lib/cli/commands/version.ts";
import { commandHelp, programHelp } from "../../lib/cli/help_text.ts";

const COMMANDS: readonly Command[] = [
  SERVER_COMMAND,
  CLIENT_COMMAND,
  DEMO_COMMAND,
  VERSION_COMMAND,
  helpCommand([]),
];

for (const command of COMMANDS) {
  Deno.test(`commandHelp() shows all of ${command.name} in 80 columns`, () => {
    const text = commandHelp(command, `synsocks ${command.name}`);
    for (const line of text.split("\n")) assert(line.length <= 80, line);
    for (const flag of Object.values(command.flags)) {
      assertStringIncludes(text, `--${flag.name}`);
      const shown = flag.unavailable === undefined;
      if (flag.short && shown) {
        assertStringIncludes(text, `-${flag.short}, --${flag.name}`);
      }
      if (flag.env && shown) {
        assertStringIncludes(text, `[SYNSOCKS_${flag.env}]`);
      }
    }
  });
}

Deno.test("commandHelp() starts with how to call the command", () => {
  const [first] = commandHelp(SERVER_COMMAND, "deno run -A server.ts")
    .split("\n");
  assertEquals(first, "Usage: deno run -A server.ts [flags]");
});

Deno.test("commandHelp() speaks of variables only where there are some", () => {
  assertFalse(commandHelp(VERSION_COMMAND, "x").includes("LINKSOCKS_"));
});

Deno.test("programHelp() lists the commands in 80 columns", () => {
  const text = programHelp(COMMANDS);
  for (const line of text.split("\n")) assert(line.length <= 80, line);
  for (const { name, summary } of COMMANDS) {
    assertStringIncludes(text, `  ${name.padEnd(12)}${summary}`);
  }
});
