/** Major and minor number of a kernel. */
export type KernelVersion = readonly [major: number, minor: number];

/**
 * Whether a kernel is older than another.
 *
 * @param release As `uname -r` gives it, such as `6.1.0-13-amd64`.
 */
export function isOlderKernel(
  release: string,
  [leastMajor, leastMinor]: KernelVersion,
): boolean {
  const [major = 0, minor = 0] = release.split(".").map((part) =>
    Number.parseInt(part)
  );
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

/** The kernel's release if permission is granted; never prompts. */
export function permittedRelease(): string | undefined {
  const descriptor = { name: "sys", kind: "osRelease" } as const;
  const { state } = Deno.permissions.querySync(descriptor);
  return state === "granted" ? Deno.osRelease() : undefined;
}
