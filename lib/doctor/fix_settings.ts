import type { DoctorReport } from "./diagnose.ts";
import { PROC_SYS, sysctlPath } from "./sysctl.ts";

/** What sysctl(8) reads at boot, after the distribution's own files. */
export const SYSCTL_FILE = "/etc/sysctl.d/99-synsocks.conf";

/** Settings of the kernel by name. */
export type Settings = Readonly<Record<string, string>>;

/** The settings that checks ask for. */
export function wantedSettings({ checks }: DoctorReport): Settings {
  const wanted = checks.filter(({ status }) => status !== "pass")
    .map(({ settings }) => settings ?? {});
  return Object.assign({}, ...wanted);
}

/** The text of a file for sysctl.d(5). */
export function sysctlFileText(settings: Settings): string {
  return [
    "# Kernel settings for TCP Fast Open, written by synsocks.",
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
    "",
  ].join("\n");
}

/** The name that a line of a file for sysctl.d(5) sets, if it does. */
function nameIn(line: string): string | undefined {
  return /^\s*-?\s*([\w./-]+)\s*=/.exec(line)?.[1]?.replaceAll("/", ".");
}

/** The text of a file with settings in it: all other lines stay as they are. */
export function changeSysctlFile(text: string, settings: Settings): string {
  if (text.trim() === "") return sysctlFileText(settings);
  const lines = text.trimEnd().split("\n").filter((line) => {
    const name = nameIn(line);
    return name === undefined || !Object.hasOwn(settings, name);
  });
  const added = Object.entries(settings).map(([name, value]) =>
    `${name} = ${value}`
  );
  return [...lines, ...added, ""].join("\n");
}

/** Where settings are written to. */
export interface SettingsPlace {
  /** The file that keeps them. @default {"/etc/sysctl.d/99-synsocks.conf"} */
  file?: string;
  /** The kernel's own files. @default {"/proc/sys"} */
  root?: string;
}

/**
 * Applies settings now and stores them for the next boot; keeps all other lines
 * of the file.
 *
 * @throws what writing throws; needs root
 */
export async function writeSettings(
  settings: Settings,
  { file = SYSCTL_FILE, root = PROC_SYS }: SettingsPlace = {},
): Promise<void> {
  const text = changeSysctlFile(await readIfThere(file), settings);
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(file, text);
  for (const [name, value] of Object.entries(settings)) {
    await Deno.writeTextFile(sysctlPath(name, root), value, { create: false });
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
