import { assertEquals } from "@std/assert";
import type { TunnelEvent } from "../../lib/base/events.ts";
import { SILENT } from "../../lib/base/logger.ts";
import { AppRequest } from "../../lib/entry/app_request.ts";
import type { SessionSource } from "../../lib/entry/session_source.ts";
import { SpeaksFirst } from "../../lib/entry/speaks_first.ts";
import { connPair } from "../../lib/join/conn_pair.ts";
import { type Conn, FAILED } from "../../lib/net/conn.ts";
import type { Session } from "../../lib/session/session.ts";
import { SessionWaiters } from "../../lib/session/session_waiters.ts";
import { within } from "../ffi/within.ts";
import { closePair, openPair, Recorder } from "../session/_sessions.ts";
import { settled } from "../transport/_relay.ts";

/** Apps speak first there, so a request waits for their first bytes. */
const TARGET = { host: "target", port: 443 };
const ADDRESS = { host: "127.0.0.1", port: 1 };
const HELLO = new TextEncoder().encode("hello");
const EMPTY = new Uint8Array(0);

/** Sessions that the test brings and takes. */
class Sessions implements SessionSource {
  current: Session | undefined;
  readonly #waiters = new SessionWaiters();

  pick(): Session | undefined {
    return this.current;
  }

  next(timeoutMs: number): Promise<Session | undefined> {
    return this.#waiters.wait(timeoutMs);
  }

  /** A session comes, or there will be none. */
  come(session: Session | undefined): void {
    this.current = session;
    this.#waiters.tell(session);
  }
}

/** A server: a session to it, and what it got. */
function server(refusal?: string) {
  const target = new Recorder();
  const order: string[] = [];
  const pair = openPair(true, (channel) => {
    target.channel = channel;
    order.push("asked");
    target.started = () => {
      order.push(`with ${target.byteCount}`);
      if (refusal === undefined) channel.accept(0);
      else channel.refuse(refusal);
    };
    return target;
  });
  return { pair, session: pair.entry, target, order };
}

interface Options {
  optimistic?: boolean;
  silent?: boolean;
  first?: Uint8Array;
}

/** A request at an entry with `sessions`. */
function request(
  sessions: Sessions,
  { optimistic = true, silent = false, first = EMPTY }: Options = {},
) {
  const told: string[] = [];
  const events: TunnelEvent[] = [];
  const finished = Promise.withResolvers<void>();
  const [app, conn] = connPair(ADDRESS, ADDRESS) as [Conn, Conn];
  const one = new AppRequest(
    {
      sessions,
      optimistic,
      speaksFirst: new SpeaksFirst(),
      logger: SILENT,
      observer: (event) => events.push(event),
    },
    {
      ...{ kind: "tcp", target: TARGET, conn, first, silent },
      succeed: () => told.push("yes"),
      fail: (failure) => {
        told.push(failure);
        conn.reset();
      },
    },
    finished.resolve,
  );
  return { one, app, told, events, finished: finished.promise };
}

Deno.test("AppRequest opens at the session that there is when the first bytes come", async () => {
  const sessions = new Sessions();
  const [old, fresh] = [server(), server()];
  sessions.current = old.session;
  const { one, app, told, finished } = request(sessions);
  one.start();
  assertEquals(told, ["yes"]);
  // It is replaced while the app has said nothing yet.
  sessions.current = fresh.session;
  await closePair(old.pair);
  app.write(HELLO);
  await settled();
  assertEquals(old.order, []);
  assertEquals(fresh.order, ["asked", "with 5"]);
  assertEquals(fresh.target.bytes, HELLO);
  await closePair(fresh.pair);
  await within(finished);
});

Deno.test("AppRequest keeps first bytes until there is a session again", async () => {
  const sessions = new Sessions();
  const [old, fresh] = [server(), server()];
  sessions.current = old.session;
  const { one, app, told, finished } = request(sessions);
  one.start();
  sessions.current = undefined;
  await closePair(old.pair);
  app.write(HELLO);
  await settled();
  sessions.come(fresh.session);
  app.write(HELLO);
  await settled();
  assertEquals(new TextDecoder().decode(fresh.target.bytes), "hellohello");
  assertEquals(fresh.order, ["asked", "with 5"]);
  assertEquals(told, ["yes"]);
  await closePair(fresh.pair);
  await within(finished);
});

Deno.test("AppRequest resets an app that was told yes when no session comes", async () => {
  const sessions = new Sessions();
  const old = server();
  sessions.current = old.session;
  const { one, app, told, events, finished } = request(sessions);
  one.start();
  sessions.current = undefined;
  await closePair(old.pair);
  app.write(HELLO);
  await settled();
  sessions.come(undefined);
  await within(finished);
  assertEquals(app.read(new Uint8Array(9)), FAILED);
  assertEquals(told, ["yes"]);
  assertEquals(events, [{ type: "lateFailure", code: "unavailable" }]);
});

Deno.test("AppRequest.close() ends the wait for first bytes", async () => {
  const sessions = new Sessions();
  const { pair, session, order } = server();
  sessions.current = session;
  const { one, app, finished } = request(sessions);
  one.start();
  one.close();
  await within(finished);
  await settled();
  assertEquals(app.read(new Uint8Array(9)), FAILED);
  assertEquals(order, []);
  await closePair(pair);
});

Deno.test("AppRequest tells an app when the target is reached, without -f", async () => {
  const sessions = new Sessions();
  const { pair, session, order, target } = server();
  sessions.current = session;
  const options = { optimistic: false, first: HELLO };
  const { one, told, finished } = request(sessions, options);
  one.start();
  assertEquals(told, []);
  await settled();
  assertEquals(told, ["yes"]);
  // What the app has sent early waits for that.
  assertEquals(order, ["asked", "with 0"]);
  assertEquals(target.bytes, HELLO);
  await closePair(pair);
  await within(finished);
});

Deno.test("AppRequest tells an app why its target was not reached, without -f", async () => {
  const sessions = new Sessions();
  const { pair, session } = server("connection refused");
  sessions.current = session;
  const { one, told, events, finished } = request(sessions, {
    optimistic: false,
  });
  one.start();
  await within(finished);
  assertEquals([told, events], [["refused"], []]);
  await closePair(pair);
});

Deno.test("AppRequest counts an app that was told yes too early", async () => {
  const sessions = new Sessions();
  const { pair, session } = server("connection refused");
  sessions.current = session;
  const { one, app, told, events, finished } = request(sessions);
  one.start();
  app.write(HELLO);
  await within(finished);
  assertEquals(told, ["yes"]);
  assertEquals(events, [{ type: "lateFailure", code: "refused" }]);
  assertEquals(app.read(new Uint8Array(9)), FAILED);
  await closePair(pair);
});

for (const optimistic of [true, false]) {
  Deno.test(`AppRequest sends a whole request with CONNECT, ${optimistic ? "with" : "without"} -f`, async () => {
    const sessions = new Sessions();
    const { pair, session, order } = server();
    sessions.current = session;
    const options = { optimistic, silent: true, first: HELLO };
    const { one, told, finished } = request(sessions, options);
    one.start();
    assertEquals(told, []);
    await settled();
    assertEquals(order, ["asked", "with 5"]);
    assertEquals(told, ["yes"]);
    await closePair(pair);
    await within(finished);
  });
}
