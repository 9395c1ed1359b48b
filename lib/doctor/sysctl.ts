import type { Lack } from "../net/fast_open.ts";

/** A setting of the kernel, or why it is not known. */
export type SysctlReading =
  | { readonly known: true; readonly text: string }
  | { readonly known: false; readonly reason: string };

/** Where the kernel's settings are files. */
export const PROC_SYS = "/proc/sys";

/** The file of a setting, such as `net.ipv4.tcp_fastopen`. */
export function sysctlPath(name: string, root = PROC_SYS): string {
  return `${root}/${name.replaceAll(".", "/")}`;
}

/** Reads a setting; never throws. */
export function readSysctl(name: string, root = PROC_SYS): SysctlReading {
  try {
    const text = Deno.readTextFileSync(sysctlPath(name, root)).trim();
    return { known: true, text };
  } catch (error) {
    return { known: false, reason: whyUnknown(error, name) };
  }
}

function whyUnknown(error: unknown, name: string): string {
  if (error instanceof Deno.errors.NotFound) {
    return `this kernel has no ${name}`;
  }
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno reads /proc only with --allow-all";
  }
  return `only root may read ${name}`;
}

/** Whether this process can write a setting, and if not, why. */
export function sysctlWritable(
  name: string,
  root = PROC_SYS,
): { writable: true } | ({ writable: false } & Lack) {
  try {
    // Opening alone changes nothing.
    Deno.openSync(sysctlPath(name, root), { write: true }).close();
    return { writable: true };
  } catch (error) {
    return { writable: false, ...whyReadOnly(error) };
  }
}

function whyReadOnly(error: unknown): Lack {
  if (error instanceof Deno.errors.NotCapable) {
    return {
      reason: "Deno writes to /proc only with --allow-all",
      fix: "deno run -A …",
    };
  }
  const text = error instanceof Error ? error.message : String(error);
  // EROFS has no class of its own.
  if (/read-only|os error 30\b/i.test(text)) {
    return { reason: "/proc/sys is read-only" };
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return { reason: "needs root", fix: "run as root, such as with sudo" };
  }
  return { reason: text };
}
