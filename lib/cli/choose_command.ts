import type { Command } from "./command.ts";
import {
  CLIENT_COMMAND,
  CONNECTOR_COMMAND,
  PROVIDER_COMMAND,
} from "./commands/client.ts";
import { DEMO_COMMAND } from "./commands/demo.ts";
import { DOCTOR_COMMAND } from "./commands/doctor.ts";
import { helpCommand } from "./commands/help.ts";
import { SERVER_COMMAND } from "./commands/server.ts";
import { SERVICE_COMMAND } from "./commands/service.ts";
import { VERSION_COMMAND } from "./commands/version.ts";
import type { Environment } from "../base/environment.ts";
import { findVariable } from "./environment.ts";
import { nearestWord } from "./nearest_word.ts";
import { UsageError } from "./usage_error.ts";

/** Which entry file runs. */
export type Program = "synsocks" | "server" | "client";

/** What to run. */
export interface ChosenCommand {
  /** The command. */
  command: Command;
  /** Its arguments. */
  args: readonly string[];
  /** How the user calls it. */
  usage: string;
}

const WORKING: readonly Command[] = [
  SERVER_COMMAND,
  CLIENT_COMMAND,
  PROVIDER_COMMAND,
  CONNECTOR_COMMAND,
  DEMO_COMMAND,
  DOCTOR_COMMAND,
  SERVICE_COMMAND,
  VERSION_COMMAND,
];

const HELP_COMMAND: Command = helpCommand(WORKING);

/** The words that a user may type first. */
const COMMANDS: Readonly<Record<string, Command>> = {
  server: SERVER_COMMAND,
  client: CLIENT_COMMAND,
  connector: CONNECTOR_COMMAND,
  provider: PROVIDER_COMMAND,
  demo: DEMO_COMMAND,
  doctor: DOCTOR_COMMAND,
  service: SERVICE_COMMAND,
  version: VERSION_COMMAND,
  help: HELP_COMMAND,
};

/** Words of the variable `MODE`, and the commands that they stand for. */
const MODES: Readonly<Record<string, string>> = {
  client: "client",
  forward: "client",
  connector: "connector",
  provider: "provider",
  reverse: "provider",
  server: "server",
};

/** What is asked for without a command. */
const BARE_FLAGS: Readonly<Record<string, string>> = {
  "-h": "help",
  "--help": "help",
  "-V": "version",
  "--version": "version",
};

/**
 * Finds the command to run.
 *
 * @param args The command line.
 * @param program The entry file; `server` and `client` take no command.
 * @param environment Where to look up `SYNSOCKS_MODE`.
 * @returns The command and its arguments.
 * @throws {UsageError} If the command is unknown.
 */
export function chooseCommand(
  args: readonly string[],
  program: Program,
  environment: Environment,
): ChosenCommand {
  if (program !== "synsocks") {
    const command = COMMANDS[program]!;
    return { command, args, usage: `deno run -A ${program}.ts` };
  }
  const [first] = args;
  if (first !== undefined && !first.startsWith("-")) {
    return findCommand(first, args.slice(1));
  }
  const mode = findVariable(environment, "MODE")?.value.toLowerCase() ?? "";
  const word = lookUp(MODES, mode);
  if (word !== undefined) return findCommand(word, args);
  if (first === undefined) return findCommand("help", []);
  const bare = lookUp(BARE_FLAGS, first);
  if (bare !== undefined) return findCommand(bare, args.slice(1));
  throw new UsageError(`Missing command before ${first}`);
}

function findCommand(word: string, args: readonly string[]): ChosenCommand {
  const [topic] = args;
  if (word === "help" && topic !== undefined && !topic.startsWith("-")) {
    return findCommand(topic, ["--help"]);
  }
  const command = lookUp(COMMANDS, word);
  if (command !== undefined) {
    return { command, args, usage: `synsocks ${word}` };
  }
  const near = nearestWord(word, Object.keys(COMMANDS));
  throw new UsageError(
    `Unknown command: ${word}${near ? `. Did you mean ${near}?` : ""}`,
  );
}

/** `constructor` is no command, though every object has one. */
function lookUp<T>(
  table: Readonly<Record<string, T>>,
  key: string,
): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
