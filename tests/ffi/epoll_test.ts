import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  accept,
  closeFd,
  EPOLLIN,
  EPOLLOUT,
  recv,
  send,
  SyscallError,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import {
  descriptorCount,
  dial,
  listening,
  socketPair,
  WatchedEpoll,
} from "./_epoll_stage.ts";
import { turns } from "./turns.ts";
import { within } from "./within.ts";

const BYTE = new Uint8Array([7]);

function testOnLinux(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn });
}

testOnLinux("Epoll.add() brings the events of a descriptor", async () => {
  const loop = new WatchedEpoll();
  const listener = listening();
  const accepted = Promise.withResolvers<number>();
  loop.add(listener, EPOLLIN, (events) => {
    assertEquals(events, EPOLLIN);
    accepted.resolve(accept(listener));
  });
  assertEquals(loop.size, 1);
  // The loop is in its wait by then; the event has to end that.
  await turns(10);
  const near = dial(listener);
  const far = await within(accepted.promise);
  assert(far >= 0);
  loop.removeClosing(listener);
  for (const fd of [listener, near, far]) closeFd(fd);
  assertEquals(loop.size, 0);
  await within(loop.idle());
  assertEquals(loop.failures, []);
  assert(loop.turns.count >= 1);
});

testOnLinux(
  "Epoll.idle() resolves once the last is removed, with nothing left open",
  async () => {
    const before = descriptorCount();
    const loop = new WatchedEpoll();
    const [near, far] = await socketPair();
    loop.add(near, EPOLLIN, () => {});
    loop.add(far, EPOLLIN, () => {});
    let idle = false;
    const ended = loop.idle().then(() => idle = true);
    loop.removeClosing(near);
    await turns(10);
    assertEquals(idle, false);
    loop.remove(far);
    await within(ended);
    closeFd(near);
    closeFd(far);
    assertEquals(descriptorCount(), before);
    await within(loop.idle());
  },
);

testOnLinux(
  "Epoll.add() starts the loop again after it has ended",
  async () => {
    const loop = new WatchedEpoll();
    for (let round = 0; round < 3; round++) {
      const [near, far] = await socketPair();
      const heard = Promise.withResolvers<void>();
      loop.add(near, EPOLLIN, () => heard.resolve());
      send(far, BYTE);
      await within(heard.promise);
      loop.removeClosing(near);
      closeFd(near);
      closeFd(far);
      await within(loop.idle());
    }
  },
);

testOnLinux("Epoll goes on after a handler has thrown", async () => {
  const loop = new WatchedEpoll();
  const [near, far] = await socketPair();
  let calls = 0;
  const second = Promise.withResolvers<void>();
  loop.add(near, EPOLLIN, () => {
    recv(near, new Uint8Array(8));
    assertEquals(loop.dispatching, true);
    if (++calls === 2) return second.resolve();
    send(far, BYTE);
    throw new Error("a handler's own mistake");
  });
  send(far, BYTE);
  await within(second.promise);
  assertEquals(loop.failures.map(String), ["Error: a handler's own mistake"]);
  assertEquals(loop.dispatching, false);
  loop.removeClosing(near);
  closeFd(near);
  closeFd(far);
  await within(loop.idle());
  assertEquals(loop.turns.count, 2);
});

// What waits for the end of a turn is other people's code too: when it threw,
// the loop used to end and all conns with it.
testOnLinux("Epoll goes on after the end of a turn has thrown", async () => {
  const loop = new WatchedEpoll({
    turnEnded() {
      throw new Error("a task's own mistake");
    },
  });
  const [near, far] = await socketPair();
  let calls = 0;
  const second = Promise.withResolvers<void>();
  loop.add(near, EPOLLIN, () => {
    recv(near, new Uint8Array(8));
    if (++calls === 2) second.resolve();
    else send(far, BYTE);
  });
  send(far, BYTE);
  await within(second.promise);
  loop.removeClosing(near);
  closeFd(near);
  closeFd(far);
  await within(loop.idle());
  assertEquals(loop.failures.length, 2);
});

testOnLinux(
  "Epoll does not give a reused descriptor the old one's events",
  async () => {
    const loop = new WatchedEpoll();
    const [a, farA] = await socketPair();
    const [b, farB] = await socketPair();
    send(farA, BYTE);
    send(farB, BYTE);
    let reused = -1;
    let wrongEvents = 0;
    // Both are ready in the same turn: who is first takes the other's number.
    function replace(old: number): void {
      if (reused >= 0) return;
      loop.removeClosing(old);
      closeFd(old);
      reused = listening();
      loop.add(reused, EPOLLIN, () => void wrongEvents++);
      assertEquals(reused, old);
    }
    loop.add(a, EPOLLIN, () => replace(b));
    loop.add(b, EPOLLIN, () => replace(a));
    await turns(20);
    assertEquals(loop.failures, []);
    assert(reused === a || reused === b);
    assertEquals(wrongEvents, 0);
    loop.remove(a);
    loop.remove(b);
    for (const fd of [a, b, farA, farB]) closeFd(fd);
    await within(loop.idle());
  },
);

testOnLinux(
  "Epoll.modify() brings an edge again that is already there",
  async () => {
    const loop = new WatchedEpoll();
    const [near, far] = await socketPair();
    const seen: number[] = [];
    const second = Promise.withResolvers<void>();
    loop.add(near, EPOLLIN, (events) => {
      seen.push(events);
      if (seen.length === 1) loop.modify(near, EPOLLIN | EPOLLOUT);
      else second.resolve();
    });
    send(far, BYTE);
    await within(second.promise);
    assertEquals(seen, [EPOLLIN, EPOLLIN | EPOLLOUT]);
    loop.removeClosing(near);
    closeFd(near);
    closeFd(far);
    await within(loop.idle());
  },
);

testOnLinux("Epoll.rebind() gives the events to another handler", async () => {
  const loop = new WatchedEpoll();
  const [near, far] = await socketPair();
  const heard = Promise.withResolvers<void>();
  let old = 0;
  loop.add(near, EPOLLIN, () => void old++);
  loop.rebind(near, () => heard.resolve());
  send(far, BYTE);
  await within(heard.promise);
  assertEquals(old, 0);
  loop.removeClosing(near);
  closeFd(near);
  closeFd(far);
  await within(loop.idle());
});

testOnLinux(
  "Epoll.remove() leaves the descriptor open and silent",
  async () => {
    const loop = new WatchedEpoll();
    const [near, far] = await socketPair();
    loop.add(near, EPOLLIN, () => assert(false, "an event after remove"));
    loop.remove(near);
    loop.remove(near);
    await within(loop.idle());
    send(far, BYTE);
    let count = recv(near, new Uint8Array(8));
    while (count === WOULD_BLOCK) {
      await turns();
      count = recv(near, new Uint8Array(8));
    }
    assertEquals(count, 1);
    closeFd(near);
    closeFd(far);
  },
);

testOnLinux("Epoll.add() throws for a closed descriptor", async () => {
  const loop = new WatchedEpoll();
  const [near, far] = await socketPair();
  loop.add(near, EPOLLIN, () => {});
  const error = assertThrows(
    () => loop.add(0x000f_ffff, EPOLLIN, () => {}),
    SyscallError,
  );
  assertEquals(error.message, "epoll_ctl: EBADF");
  assertEquals(loop.size, 1);
  loop.remove(near);
  closeFd(near);
  closeFd(far);
  await within(loop.idle());
});
