import { setImmediate } from "node:timers";
import {
  accept,
  closeFd,
  Epoll,
  type EpollHooks,
  ffiSupport,
  listenTcp,
  localAddress,
  packSockaddr,
  startConnect,
  tcpSocket,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import { turns } from "./turns.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

/** A loop that notes what its owner is told. */
export class WatchedEpoll extends Epoll {
  readonly failures: unknown[];
  readonly turns: { count: number };

  constructor(hooks: Partial<EpollHooks> = {}) {
    const failures: unknown[] = [];
    const turns = { count: 0 };
    super({
      turnEnded: () => void turns.count++,
      handlerFailed: (error) => void failures.push(error),
      yieldTurn: (resume) => void setImmediate(resume),
      ...hooks,
    });
    this.failures = failures;
    this.turns = turns;
  }
}

/** A listening socket at 127.0.0.1 that is not in any loop. */
export function listening(): number {
  return listenTcp({ host: "127.0.0.1", port: 0 });
}

/** Dials a listening socket of ours without waiting. */
export function dial(listener: number): number {
  const fd = tcpSocket("127.0.0.1");
  startConnect(fd, packSockaddr(localAddress(listener)!));
  return fd;
}

/** Both ends of an established conn. */
export async function socketPair(): Promise<[near: number, far: number]> {
  const listener = listening();
  const near = dial(listener);
  let far = accept(listener);
  while (far === WOULD_BLOCK) {
    await turns();
    far = accept(listener);
  }
  closeFd(listener);
  return [near, far];
}

/** How many descriptors this process has open. */
export function descriptorCount(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}
