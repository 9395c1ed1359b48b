import type { DoctorReport } from "./diagnose.ts";
import { PROC_SYS, sysctlPath } from "./sysctl.ts";

/** What sysctl(8) reads at boot, after the distribution's own files. */
export const SYSCTL_FILE = "/etc/sysctl.d/99-synsocks.conf";

/** Settings of the kernel by name. */
export type Settings = Readonly<Record<string, string>>;

/** The settings that the checks would like to have. */
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

/** The settings in a file for sysctl.d(5). */
export function parseSysctlFile(text: string): Settings {
  const settings: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] =
      /^\s*-?([a-z][\w./-]*)\s*=\s*(.*?)\s*$/.exec(line) ??
        [];
    if (name !== undefined && value !== undefined) settings[name] = value;
  }
  return settings;
}

/** Where settings are written to. */
export interface SettingsPlace {
  /** The file that keeps them. @default {"/etc/sysctl.d/99-synsocks.conf"} */
  file?: string;
  /** The kernel's own files. @default {"/proc/sys"} */
  root?: string;
}

/**
 * Keeps settings for the next boot, beside those that the file has, and applies
 * them now.
 *
 * @throws what writing throws; needs root
 */
export async function writeSettings(
  settings: Settings,
  { file = SYSCTL_FILE, root = PROC_SYS }: SettingsPlace = {},
): Promise<void> {
  const kept = parseSysctlFile(await readIfThere(file));
  await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(file, sysctlFileText({ ...kept, ...settings }));
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
