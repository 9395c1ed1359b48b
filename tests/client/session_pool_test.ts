import { assert, assertEquals, assertRejects } from "@std/assert";
import { setImmediate } from "node:timers";
import { Backoff } from "../../lib/base/backoff.ts";
import { TunnelError } from "../../lib/base/errors.ts";
import { Session } from "../../lib/session/session.ts";
import { SessionPool } from "../../lib/client/session_pool.ts";
import { Timeline } from "../base/_timeline.ts";
import { within } from "../ffi/within.ts";
import { atTurnEnd, Recorder } from "../session/_sessions.ts";
import { MemoryTransport } from "../session/_transport_pair.ts";

const TARGET = { host: "target", port: 80 };

/** Lets what is due happen. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
  await MemoryTransport.settled();
}

/** Opens sessions over memory, and keeps the far end of each. */
class Servers {
  readonly far: Session[] = [];
  readonly near: Session[] = [];
  failure: TunnelError | undefined;

  readonly open = (): Promise<Session> => {
    if (this.failure) return Promise.reject(this.failure);
    const [here, there] = MemoryTransport.pair();
    const options = { v1: true, atTurnEnd };
    this.far.push(
      new Session(there, { ...options, accept: () => new Recorder() }),
    );
    const session = new Session(here, options);
    this.near.push(session);
    return Promise.resolve(session);
  };
}

Deno.test("[25] SessionPool gives a channel to the session with the fewest", async () => {
  const servers = new Servers();
  const pool = new SessionPool({ size: 3, open: servers.open });
  await within(pool.ready);
  await settle();
  for (let i = 0; i < 9; i++) pool.current!.open(TARGET, new Recorder());
  assertEquals(servers.near.map((one) => one.channelCount), [3, 3, 3]);
  servers.far[1]!.close();
  await settle();
  const left = pool.current!;
  assert(left === servers.near[0] || left === servers.near[2]);
  pool.close();
  await within(pool.closed);
  await settle();
});

Deno.test("SessionPool opens the next session before it drains one that is due", async () => {
  const servers = new Servers();
  const clock = new Timeline();
  const pool = new SessionPool({ open: servers.open, renewMs: 5000, clock });
  await within(pool.ready);
  const owner = new Recorder();
  const channel = pool.current!.open(TARGET, owner);
  clock.pass(4999);
  await settle();
  assertEquals(servers.near.length, 1);
  clock.pass(1);
  await settle();
  assertEquals(servers.near.length, 2);
  assertEquals(pool.current, servers.near[1]);
  assertEquals(servers.near[0]!.isClosed, false);
  assertEquals(owner.events, []);
  channel.disconnect();
  await settle();
  assertEquals(servers.near[0]!.isClosed, true);
  pool.close();
  await within(pool.closed);
  await settle();
});

Deno.test("SessionPool keeps a draining session until there is another", async () => {
  const servers = new Servers();
  const clock = new Timeline();
  const pool = new SessionPool({
    open: servers.open,
    clock,
    backoff: new Backoff({ firstMs: 1000, jitter: 0 }),
  });
  await within(pool.ready);
  clock.pass(60_000);
  servers.failure = new TunnelError("refused", "connection refused");
  servers.far[0]!.announceDrain();
  await settle();
  assertEquals(pool.current, servers.near[0]);
  servers.failure = undefined;
  clock.pass(1000);
  await settle();
  assertEquals(pool.current, servers.near[1]);
  // It had no channel.
  assertEquals(servers.near[0]!.isClosed, true);
  pool.close();
  await within(pool.closed);
  await settle();
});

Deno.test("SessionPool does not dial in a circle when each session drains at once", async () => {
  const servers = new Servers();
  const clock = new Timeline();
  const open = async (): Promise<Session> => {
    const session = await servers.open();
    servers.far.at(-1)!.announceDrain();
    return session;
  };
  const pool = new SessionPool({ open, clock });
  await within(pool.ready);
  await settle();
  assertEquals(servers.near.length, 1);
  pool.close();
  await within(pool.closed);
  await settle();
});

Deno.test("[19] SessionPool ends when the token is rejected, with all its sessions", async () => {
  const servers = new Servers();
  let asked = 0;
  const open = (): Promise<Session> =>
    ++asked === 3
      ? Promise.reject(new TunnelError("auth", "invalid token"))
      : servers.open();
  const pool = new SessionPool({ size: 3, open });
  const error = await within(assertRejects(() => pool.closed, TunnelError));
  assertEquals(error.code, "auth");
  assertEquals(servers.near.every((one) => one.isClosed), true);
  assertEquals(await pool.next(10_000), undefined);
  await settle();
});

Deno.test("SessionPool.next() resolves with the session that comes", async () => {
  const servers = new Servers();
  const opening = Promise.withResolvers<void>();
  const pool = new SessionPool({
    open: async () => {
      await opening.promise;
      return servers.open();
    },
  });
  const next = pool.next(10_000);
  opening.resolve();
  assertEquals(await within(next), servers.near[0]);
  pool.close();
  await within(pool.closed);
  await settle();
});

for (const kind of [TypeError, ReferenceError, RangeError]) {
  Deno.test(`SessionPool does not try again after a ${kind.name}`, async () => {
    const failure = new kind("a mistake of the program");
    let attempts = 0;
    const pool = new SessionPool({
      open: () => {
        attempts++;
        return Promise.reject(failure);
      },
      backoff: new Backoff({ firstMs: 0, jitter: 0 }),
    });
    pool.ready.catch(() => {});
    assertEquals(await within(assertRejects(() => pool.closed)), failure);
    assertEquals(attempts, 1);
  });
}

Deno.test("SessionPool ends although it has a session when the next one fails by a mistake", async () => {
  const servers = new Servers();
  const clock = new Timeline();
  const failure = new TypeError("a mistake of the program");
  const open = () =>
    servers.near.length === 0 ? servers.open() : Promise.reject(failure);
  const pool = new SessionPool({ open, clock });
  await within(pool.ready);
  clock.pass(60_000);
  servers.far[0]!.announceDrain();
  assertEquals(await within(assertRejects(() => pool.closed)), failure);
  await settle();
  assertEquals(servers.near[0]!.isClosed, true);
});
