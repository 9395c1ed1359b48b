import { errnoName } from "./constants.ts";
import { type Libc, LIBC_SYMBOLS } from "./symbols.ts";

/** Whether something works here, and if not, why and how to change that. */
export type Support = { supported: true } | ({ supported: false } & Lack);

/** Why something does not work. */
export interface Lack {
  /** Why, in a few words. */
  readonly reason: string;
  /** A command that would change it, if there is one. */
  readonly fix?: string;
}

/** Why and what to do, as one text. */
export function lackText({ reason, fix }: Lack): string {
  return fix === undefined ? reason : `${reason}; run: ${fix}`;
}

/** A system call failed. The only place where errno leaves this folder. */
export class SyscallError extends Error {
  /** The call, such as `connect`. */
  readonly call: string;
  /** The value of errno, as in `ERRNO`. */
  readonly errno: number;

  /** Makes the error for one failed call. */
  constructor(call: string, errno: number) {
    super(`${call}: ${errnoName(errno)}`);
    this.name = "SyscallError";
    this.call = call;
    this.errno = errno;
  }
}

/** Opens a library: `Deno.dlopen` by default, replaced in tests. */
export type OpenLibrary = () => { symbols: Libc };

interface Opened {
  libc: Libc;
  errno: Deno.UnsafePointerView;
}

// A memo: the library is opened once, at first use, and stays open.
let opened: Opened | undefined;

function openLibc(): { symbols: Libc } {
  return Deno.dlopen("libc.so.6", LIBC_SYMBOLS);
}

/**
 * Whether the system calls of this folder work here: Linux on x86-64 or arm64,
 * with permission to use FFI. Never prompts and never throws.
 */
export function ffiSupport(
  build: { os: string; arch: string } = Deno.build,
  open: OpenLibrary = openLibc,
): Support {
  if (build.os !== "linux") {
    return { supported: false, reason: `no system calls on ${build.os} yet` };
  }
  if (build.arch !== "x86_64" && build.arch !== "aarch64") {
    return { supported: false, reason: `no system calls on ${build.arch} yet` };
  }
  if (opened) return { supported: true };
  const { state } = Deno.permissions.querySync({ name: "ffi" });
  if (state !== "granted") {
    return {
      supported: false,
      reason: "needs --allow-ffi",
      fix: "deno run -A …",
    };
  }
  try {
    load(open);
    return { supported: true };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { supported: false, reason: `cannot open libc.so.6: ${text}` };
  }
}

function load(open: OpenLibrary): Opened {
  const { symbols } = open();
  // Asked once and read directly after a failed call: asking anew after each
  // call can itself change errno.
  const location = symbols.__errno_location();
  if (location === null) throw new Error("__errno_location gave no pointer");
  opened = { libc: symbols, errno: new Deno.UnsafePointerView(location) };
  return opened;
}

/** The C library; opened at first use. Throws where FFI is not possible. */
export function libc(): Libc {
  return (opened ?? load(openLibc)).libc;
}

/** The errno of the synchronous call made just before; of no other. */
export function lastErrno(): number {
  return opened!.errno.getInt32();
}

/** Throws a `SyscallError` if `result` is negative, else gives it back. */
export function check(call: string, result: number): number {
  if (result < 0) throw new SyscallError(call, lastErrno());
  return result;
}
