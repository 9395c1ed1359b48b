import { ConfigError } from "../../base/errors.ts";
import { newToken } from "../../wire/token.ts";
import type { Command, CommandContext } from "../command.ts";
import { EXIT } from "../exit_code.ts";
import type { FlagTable, FlagValues } from "../flags.ts";
import { HELP_FLAGS } from "../shared_flags.ts";
import { VERSION } from "../version_text.ts";
import {
  installedToken,
  type ServiceFile,
  serviceFiles,
  type ServiceRole,
  writeServiceFiles,
} from "./service_files.ts";

/** What is printed instead of a token. */
const NO_TOKEN = "CHANGE-ME";
/** Where a service's own user can read nothing. */
const HIDDEN_FOLDERS = /^\/(home|root|tmp)\//;
const ENTRY_FOLDER = new URL("../../../", import.meta.url);

/** The flags of `service`. */
export const SERVICE_FLAGS = {
  role: {
    kind: "choice",
    name: "role",
    value: "ROLE",
    choices: ["both", "server", "client"],
    default: "both",
    help: "Which units: server, client or both",
  },
  print: {
    kind: "switch",
    name: "print",
    help: "Print the files and write nothing",
  },
  root: {
    kind: "text",
    name: "root",
    value: "DIR",
    default: "",
    help: "Write below this folder, for an image of a system",
  },
  ...HELP_FLAGS,
} as const satisfies FlagTable;

/** The command `service`. */
export const SERVICE_COMMAND: Command<typeof SERVICE_FLAGS> = {
  name: "service",
  summary: "Install systemd units, or print them",
  description:
    "Installs systemd units for server and client, with a user of their own " +
    "and little else, their settings in /etc/synsocks, and the kernel setting " +
    "for TCP Fast Open. Files with settings that are there already are kept. " +
    "Nothing is started. Needs root; without it prints the files.",
  flags: SERVICE_FLAGS,
  run: runService,
};

async function runService(
  values: FlagValues<typeof SERVICE_FLAGS>,
  { output }: CommandContext,
): Promise<number> {
  const root = values.root.replace(/\/+$/, "");
  if (values.root !== "" && !values.root.startsWith("/")) {
    throw new ConfigError("--root", "must be an absolute path");
  }
  const roles: ServiceRole[] = values.role === "both"
    ? ["server", "client"]
    : [values.role];
  const mayWrite = root !== "" || isRoot();
  const printing = values.print || !mayWrite;
  const token = printing ? NO_TOKEN : await installedToken(root) ?? newToken();
  const files = [
    ...serviceFiles(roles, serviceCommand, token),
    await sysctlFile(),
  ];
  for (const path of unreadable(serviceCommand("server"))) {
    output.err(
      `The services cannot read ${path}: move it to /opt or /usr/local first.`,
    );
  }
  if (printing) {
    if (!values.print) output.err("Nothing was written: that needs root.");
    output.out(files.map(printed).join("\n"));
    return EXIT.ok;
  }
  for (const line of await writeServiceFiles(files, root)) output.out(line);
  if (root !== "") return EXIT.ok;
  output.out("Next:");
  const units = roles.map((role) => `synsocks-${role}`).join(" ");
  for (
    const line of [
      "edit /etc/synsocks/*.env",
      "sysctl --system",
      `systemctl daemon-reload && systemctl enable --now ${units}`,
    ]
  ) output.out(`  ${line}`);
  return EXIT.ok;
}

function isRoot(): boolean {
  return Deno.build.os === "linux" && Deno.uid() === 0;
}

/** How this very program is started as `role`. */
function serviceCommand(role: ServiceRole): string[] {
  const deno = Deno.execPath();
  if (Deno.build.standalone) return [deno, role];
  const entry = ENTRY_FOLDER.protocol === "file:"
    ? new URL(`${role}.ts`, ENTRY_FOLDER).pathname
    : `jsr:@synsocks/synsocks@${VERSION}/${role}`;
  return [deno, "run", "--no-prompt", "-A", decodeURIComponent(entry)];
}

/** Paths of a command that are hidden from the services. */
function unreadable(command: readonly string[]): string[] {
  return command.filter((word) => HIDDEN_FOLDERS.test(word));
}

async function sysctlFile(): Promise<ServiceFile> {
  const { SYSCTL_FILE, sysctlFileText } = await import(
    "../../doctor/fix_settings.ts"
  );
  return {
    path: SYSCTL_FILE,
    text: sysctlFileText({ "net.ipv4.tcp_fastopen": "3" }),
    mode: 0o644,
    // `doctor --fix` may have put more into it.
    kept: true,
  };
}

function printed({ path, text }: ServiceFile): string {
  return `### ${path}\n${text}`;
}
