/*
 * Runs where few descriptors may be open: `recover epoll`, `close deno` … Prints
 * the codes of what failed, as JSON, and is to end by itself.
 */
import { SILENT } from "../../lib/base/logger.ts";
import { errorCode, type TunnelError } from "../../lib/base/errors.ts";
import type { Backend } from "../../lib/net/backend.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { DenoBackend } from "../../lib/net/deno_backend.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";

const hogs: Deno.FsFile[] = [];
const codes: string[] = [];

function takeAllDescriptors(): void {
  for (;;) {
    try {
      hogs.push(Deno.openSync("/dev/null"));
    } catch {
      return;
    }
  }
}

function descriptorCount(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

function giveBack(count: number): void {
  for (const hog of hogs.splice(0, count)) hog.close();
}

/** A listener that notes failures, and promises for what it hears next. */
class Door {
  accepted = Promise.withResolvers<Conn>();
  failed = Promise.withResolvers<void>();

  listen(backend: Backend) {
    return backend.listen({ host: "127.0.0.1", port: 0 }, {
      accepted: (conn) => this.accepted.resolve(conn),
      acceptFailed: (error: TunnelError) => {
        codes.push(error.code);
        this.failed.resolve();
      },
    });
  }

  async nextFailure(): Promise<void> {
    await this.failed.promise;
    this.failed = Promise.withResolvers();
  }
}

/** What could not be accepted is accepted once descriptors are free. */
async function recover(backend: Backend): Promise<void> {
  const door = new Door();
  const listener = door.listen(backend);
  takeAllDescriptors();
  giveBack(1);
  const { conn } = await backend.dial(listener.addr);
  await door.nextFailure();
  giveBack(hogs.length);
  const accepted = await door.accepted.promise;
  codes.push("accepted");
  listener.close();
  conn.close();
  accepted.close();
}

/** Closed while it still waits to accept again. */
async function close(backend: Backend): Promise<void> {
  const door = new Door();
  const listener = door.listen(backend);
  takeAllDescriptors();
  for (let i = 0; i < 2; i++) {
    giveBack(1);
    const { conn } = await backend.dial(listener.addr);
    await door.nextFailure();
    conn.close();
    takeAllDescriptors();
  }
  listener.close();
  giveBack(hogs.length);
}

/** To listen and to dial fail with a code and leave nothing open. */
async function open(backend: Backend): Promise<void> {
  const before = descriptorCount();
  // Two are free: enough for the socket, not for what a loop needs besides.
  for (const free of [0, 1, 2]) {
    takeAllDescriptors();
    giveBack(free);
    try {
      new Door().listen(backend).close();
      codes.push("listens");
    } catch (error) {
      codes.push(errorCode(error));
    }
    await backend.idle();
    await backend.dial({ host: "127.0.0.1", port: 1 })
      .catch((error) => codes.push(errorCode(error)));
    await backend.idle();
  }
  giveBack(hogs.length);
  const left = descriptorCount() - before;
  codes.push(`${left} left`);
}

const [scene, name] = Deno.args;
const backend = name === "epoll" ? new EpollBackend(SILENT) : new DenoBackend();
await { recover, close, open }[scene as "recover" | "close" | "open"](backend);
await backend.idle();
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(codes)));
