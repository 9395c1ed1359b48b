import { wrapText } from "../base/wrap_text.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_code.ts";
import type { Flag, FlagTable } from "./flags.ts";

/** Lines of the help are not longer than this. */
const WIDTH = 80;

/** What each exit code tells whoever started the program. */
const EXIT_LINES: readonly (readonly [number, string])[] = [
  [EXIT.ok, "done, or ended by a signal after open requests had their time"],
  [EXIT.fatal, "failed, or ended by a second signal"],
  [EXIT.usage, "the command line, a variable or an option is wrong"],
  [EXIT.rejected, "the server rejects the token"],
];

/** The column where the explanations start. */
const COLUMN = 31;

/**
 * The help of one command.
 *
 * @param command The command.
 * @param usage How the user calls it, such as `synsocks server`.
 * @returns Lines of at most 80 characters.
 */
export function commandHelp(command: Command, usage: string): string {
  const { hidden = [] } = command;
  const flags = Object.entries<Flag>(command.flags satisfies FlagTable)
    .filter(([key]) => !hidden.includes(key))
    .map(([, flag]) => flag);
  const usable = flags.filter((flag) => flag.unavailable === undefined);
  const others = flags.filter((flag) => flag.unavailable !== undefined);
  const lines = [
    `Usage: ${usage}${flags.length > 0 ? " [flags]" : ""}`,
    "",
    ...wrapText(command.description, WIDTH),
    "",
    "Flags:",
    ...usable.flatMap((flag) => entry(flagHead(flag), flagText(flag))),
  ];
  if (others.length > 0) {
    const names = others.map((flag) => `--${flag.name}`).join(", ");
    const list = wrapText(names, WIDTH - 2).map((line) => `  ${line}`);
    lines.push(
      "",
      "Understood, but not available in this version yet:",
      ...list,
    );
  }
  if (flags.some((flag) => flag.env !== undefined)) {
    lines.push(
      "",
      ...wrapText(
        "A flag beats its variable in brackets. Each variable is also understood " +
          "with LINKSOCKS_ instead of SYNSOCKS_.",
        WIDTH,
      ),
    );
  }
  return lines.join("\n");
}

/**
 * The help of the whole program.
 *
 * @param commands The commands, in the order of the list.
 * @returns Lines of at most 80 characters.
 */
export function programHelp(commands: readonly Command[]): string {
  return [
    "synsocks: a SOCKS5 proxy through one WebSocket, with TCP Fast Open",
    "",
    "Usage: synsocks COMMAND [flags]",
    "",
    "Commands:",
    ...commands.flatMap((command) => entry(command.name, command.summary, 14)),
    "",
    "Run 'synsocks COMMAND --help' for the flags of a command.",
    "",
    "Exit codes:",
    ...EXIT_LINES.flatMap(([code, text]) => entry(String(code), text, 6)),
  ].join("\n");
}

function flagHead(flag: Flag): string {
  const short = flag.short === undefined ? "   " : `-${flag.short},`;
  return `${short} --${flag.name}${flag.value ? ` ${flag.value}` : ""}`;
}

function flagText(flag: Flag): string {
  const notes = [flag.help];
  if ("default" in flag && flag.default !== "") {
    notes.push(`(default ${flag.default})`);
  }
  if (flag.env !== undefined) notes.push(`[SYNSOCKS_${flag.env}]`);
  return notes.join(" ");
}

/** A head and its explanation beside it, or below it if the head is long. */
function entry(head: string, text: string, column = COLUMN): string[] {
  const lines = wrapText(text, WIDTH - column)
    .map((line) => " ".repeat(column) + line);
  const start = `  ${head}`;
  if (start.length >= column - 1) return [start, ...lines];
  return [start.padEnd(column) + lines[0]!.trimStart(), ...lines.slice(1)];
}
