import { assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { SILENT } from "../../lib/base/logger.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { descriptorCount } from "../ffi/_epoll_stage.ts";
import { turns } from "../ffi/turns.ts";
import { within } from "../ffi/within.ts";
import { connPair, listen } from "./_acceptor.ts";

const LINUX = ffiSupport().supported;

/** A backend, and what it was told of failures. */
function watched(): { backend: EpollBackend; failures: unknown[] } {
  const failures: unknown[] = [];
  const backend = new EpollBackend({
    ...SILENT,
    error: (_message, fields) => void failures.push(fields?.error),
  });
  return { backend, failures };
}

Deno.test({
  name: "EpollBackend.idle() waits for its own sockets only",
  ignore: !LINUX,
  async fn() {
    const before = descriptorCount();
    const [one, other] = [watched().backend, watched().backend];
    const first = listen(one).listener;
    const second = listen(other).listener;
    // One epoll and one wake-up descriptor for both.
    assertEquals(descriptorCount(), before + 4);
    first.close();
    await within(one.idle());
    let idle = false;
    const ended = other.idle().then(() => idle = true);
    await turns(5);
    assertEquals(idle, false);
    second.close();
    await within(ended);
    assertEquals(descriptorCount(), before);
  },
});

Deno.test({
  name: "EpollBackend.idle() resolves although another one begins meanwhile",
  ignore: !LINUX,
  async fn() {
    const [one, other] = [watched().backend, watched().backend];
    const first = listen(one).listener;
    await turns(10);
    first.close();
    const idle = one.idle();
    const second = listen(other).listener;
    await within(idle);
    second.close();
    await within(other.idle());
  },
});

Deno.test({
  name: "EpollBackend tells its own logger of failures, and others go on",
  ignore: !LINUX,
  async fn() {
    const [one, other] = [watched(), watched()];
    const [near, far] = await connPair(one.backend);
    const failure = new Error("of a handler");
    far.conn.handler = {
      readable: () => {
        throw failure;
      },
      writable() {},
      failed() {},
    };
    far.read(new Uint8Array(1));
    near.write(new Uint8Array(1));
    const taskFailure = new Error("of a task");
    const done = Promise.withResolvers<void>();
    one.backend.atTurnEnd(() => {
      throw taskFailure;
    });
    other.backend.atTurnEnd(done.resolve);
    await within(done.promise);
    while (one.failures.length < 2) await turns(1);
    assertEquals(new Set(one.failures), new Set([failure, taskFailure]));
    assertEquals(other.failures, []);
    near.close();
    far.close();
    await within(one.backend.idle());
  },
});
