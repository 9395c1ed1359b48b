import { SO_ACCEPTCONN, SOL_SOCKET } from "./constants.ts";
import { getOption, localAddress, remoteAddress } from "./sockets.ts";
import { type SocketAddress, unmapIpv4 } from "./sockaddr.ts";

/** Whether read permission is granted; never prompts. */
export function mayReadAll(): boolean {
  return Deno.permissions.querySync({ name: "read" }).state === "granted";
}

/**
 * The descriptors that this process has open. Deno does not reveal the
 * descriptors of its sockets; checking all of the process takes well under a
 * millisecond.
 *
 * Without --allow-all Deno denies reading /proc: then nothing is found.
 */
function openDescriptors(): number[] {
  if (!mayReadAll()) return [];
  const fds: number[] = [];
  try {
    for (const entry of Deno.readDirSync("/proc/self/fd")) {
      fds.push(Number(entry.name));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
  }
  return fds;
}

function same(a: SocketAddress | undefined, b: SocketAddress): boolean {
  return a !== undefined && a.port === b.port &&
    a.host === unmapIpv4(b.host);
}

/** All sockets of this process that listen at `address`. */
export function findListeners(address: SocketAddress): number[] {
  return openDescriptors().filter((fd) =>
    same(localAddress(fd), address) &&
    getOption(fd, SOL_SOCKET, SO_ACCEPTCONN) === 1
  );
}

/** The socket of this process whose peer is `remote`, if it has one. */
export function findConnection(
  remote: SocketAddress,
  localPort: number,
): number | undefined {
  return openDescriptors().find((fd) =>
    same(remoteAddress(fd), remote) && localAddress(fd)?.port === localPort
  );
}
