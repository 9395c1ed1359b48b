import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/net/backend.ts";
import { END, FAILED } from "../../lib/net/conn.ts";
import { type Relay, relay } from "../../lib/transport/relay.ts";
import { turns } from "../ffi/turns.ts";
import { connPair } from "../net/_acceptor.ts";
import { testCases } from "../net/_backends.ts";
import type { EventConn } from "../net/_event_conn.ts";
import {
  between,
  firstDifference,
  randomBytes,
  seededRandom,
} from "../net/_random.ts";

interface Stage {
  relay: Relay;
  /** Who dialed, in front of the relay. */
  app: EventConn;
  /** Who is dialed, behind it. */
  target: EventConn;
  /** Resolves when the relay has closed its two conns. */
  ended: Promise<void>;
}

async function stage(backend: Backend, first?: Uint8Array): Promise<Stage> {
  const [app, entry] = await connPair(backend);
  const [exit, target] = await connPair(backend);
  const joined = relay(entry.conn, exit.conn, first);
  return { app, target, relay: joined, ended: joined.closed };
}

/** Writes a few bytes at a time, with pauses of some turns. */
async function writeHaltingly(
  conn: EventConn,
  bytes: Uint8Array,
  random: () => number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const end = at + between(random, 1, 900);
    await conn.writeAll(bytes.subarray(at, end));
    at = end;
    if (random() < 0.3) await turns(between(random, 1, 3));
  }
  conn.closeWrite();
}

async function readSlowly(
  conn: EventConn,
  random: () => number,
): Promise<Uint8Array> {
  const parts: number[] = [];
  const buffer = new Uint8Array(5000);
  for (;;) {
    const into = buffer.subarray(0, between(random, 1, buffer.length));
    const count = await conn.readSome(into);
    if (count === FAILED) throw conn.conn.error;
    if (count === END) return Uint8Array.from(parts);
    parts.push(...into.subarray(0, count));
    if (random() < 0.1) await turns(between(random, 1, 5));
  }
}

async function readOut(conn: EventConn): Promise<number> {
  const buffer = new Uint8Array(1024);
  for (;;) {
    const count = await conn.readSome(buffer);
    if (count < 0) return count;
  }
}

async function passesResetOn(backend: Backend, byApp: boolean): Promise<void> {
  const { app, target, ended } = await stage(backend);
  await app.writeText("ping");
  await target.readBytes(4);
  await target.writeText("pong");
  await app.readBytes(4);
  const [resets, gets] = byApp ? [app, target] : [target, app];
  resets.reset();
  const last = await readOut(gets);
  if (backend.name === "epoll") {
    assertEquals(last, FAILED);
    assertEquals(gets.conn.error?.code, "reset");
  } else {
    assert(last === FAILED || last === END);
    // Where a reset looks like an end, the other direction is still open.
    gets.closeWrite();
  }
  gets.close();
  await ended;
}

testCases([
  {
    name: "relay() passes all bytes both ways in small parts with pauses",
    async run(backend) {
      const { app, target, ended } = await stage(backend);
      const there = randomBytes(seededRandom(10), 700_000);
      const back = randomBytes(seededRandom(11), 600_000);
      const [gotThere, gotBack] = await Promise.all([
        readSlowly(target, seededRandom(12)),
        readSlowly(app, seededRandom(13)),
        writeHaltingly(app, there, seededRandom(14)),
        writeHaltingly(target, back, seededRandom(15)),
      ]);
      assertEquals(firstDifference(gotThere, there), -1);
      assertEquals(firstDifference(gotBack, back), -1);
      await ended;
      app.close();
      target.close();
    },
  },
  {
    name: "relay() passes bulk both ways at once",
    async run(backend) {
      const { app, target, ended } = await stage(backend);
      const there = randomBytes(seededRandom(20), 9_000_000);
      const back = randomBytes(seededRandom(21), 8_000_000);
      const [gotThere, gotBack] = await Promise.all([
        target.readAll(),
        app.readAll(),
        app.writeAll(there).then(() => app.closeWrite()),
        target.writeAll(back).then(() => target.closeWrite()),
      ]);
      assertEquals(firstDifference(gotThere, there), -1);
      assertEquals(firstDifference(gotBack, back), -1);
      await ended;
      app.close();
      target.close();
    },
  },
  {
    name: "relay() makes the writer wait for a reader that has stopped",
    async run(backend) {
      const { app, target, ended } = await stage(backend);
      const block = randomBytes(seededRandom(30), 1_000_000);
      let written = 0;
      // Until nothing more is taken for many turns.
      for (let idle = 0; idle < 50;) {
        const count = app.write(block.subarray(0, 65_536));
        assert(count >= 0);
        written += count;
        idle = count === 0 ? idle + 1 : 0;
        assert(written < 200_000_000, "the relay takes without end");
        await turns();
      }
      app.closeWrite();
      const got = await target.readAll();
      assertEquals(got.length, written);
      app.close();
      target.close();
      await ended;
    },
  },
  {
    name: "relay() passes a half-close on and goes on the other way",
    async run(backend) {
      const { app, target, ended } = await stage(backend);
      await app.writeText("question");
      app.closeWrite();
      assertEquals(await target.readText(), "question");
      let over = false;
      ended.then(() => over = true);
      for (const part of ["a ", "long ", "answer"]) {
        await target.writeText(part);
        const got = await app.readBytes(part.length);
        assertEquals(new TextDecoder().decode(got), part);
      }
      assertEquals(over, false);
      target.closeWrite();
      assertEquals(await app.readSome(new Uint8Array(1)), END);
      await ended;
      app.close();
      target.close();
    },
  },
  {
    name: "relay() passes a half-close of the target on",
    async run(backend) {
      const { app, target, ended } = await stage(backend);
      await target.writeText("greeting");
      target.closeWrite();
      assertEquals(await app.readText(), "greeting");
      await app.writeText("thanks");
      app.close();
      assertEquals(await target.readText(), "thanks");
      await ended;
      target.close();
    },
  },
  {
    name: "relay() passes a reset of the app on",
    run: (backend) => passesResetOn(backend, true),
  },
  {
    name: "relay() passes a reset of the target on",
    run: (backend) => passesResetOn(backend, false),
  },
  {
    // The answer was thrown away when the reset came in the same turn.
    name: "relay() passes on what came before a reset",
    async run(backend) {
      for (let i = 0; i < 20; i++) {
        const { app, target, ended } = await stage(backend);
        await app.writeText("an upload");
        await turns(10);
        // To close with unread bytes sends a reset.
        await target.writeText("refused");
        target.close();
        const answer = await app.readBytes(7);
        assertEquals(new TextDecoder().decode(answer), "refused");
        app.close();
        await ended;
      }
    },
  },
  {
    name: "relay() sends the first bytes before the others",
    async run(backend) {
      const [app, entry] = await connPair(backend);
      const [exit, target] = await connPair(backend);
      const first = randomBytes(seededRandom(40), 3_000_000);
      const rest = randomBytes(seededRandom(41), 200_000);
      await app.writeAll(rest.subarray(0, 1000));
      const { closed: ended } = relay(entry.conn, exit.conn, first);
      const [got] = await Promise.all([
        target.readAll(),
        app.writeAll(rest.subarray(1000)).then(() => app.closeWrite()),
      ]);
      const { length } = first;
      assertEquals(firstDifference(got.subarray(0, length), first), -1);
      assertEquals(firstDifference(got.subarray(length), rest), -1);
      target.close();
      await ended;
      app.close();
    },
  },
  {
    name: "relay() goes on when nobody takes over",
    async run(backend) {
      const { app, target, relay, ended } = await stage(backend);
      const there = randomBytes(seededRandom(50), 5_000_000);
      const back = randomBytes(seededRandom(51), 5_000_000);
      let asked = 0;
      const [gotThere, gotBack, over] = await Promise.all([
        target.readAll(),
        app.readAll(),
        relay.giveWay(() => {
          asked++;
          return "busy";
        }),
        app.writeAll(there).then(() => app.closeWrite()),
        target.writeAll(back).then(() => target.closeWrite()),
      ]);
      assert(over !== "done");
      assert(asked > 0);
      assertEquals(firstDifference(gotThere, there), -1);
      assertEquals(firstDifference(gotBack, back), -1);
      await ended;
      app.close();
      target.close();
    },
  },
  {
    name: "relay() passes on what came before a reset while it gives way",
    async run(backend) {
      const { app, target, relay } = await stage(backend);
      const last = randomBytes(seededRandom(60), 50_000);
      const aside = relay.giveWay(() => "busy");
      await target.writeAll(last);
      target.closeWrite();
      const got = await app.readAll();
      assertEquals(firstDifference(got, last), -1);
      await aside;
      app.close();
      target.close();
    },
  },
  {
    name: "relay() ends when a conn was broken before",
    async run(backend) {
      const [app, entry] = await connPair(backend);
      const [exit, target] = await connPair(backend);
      entry.close();
      await relay(entry.conn, exit.conn).closed;
      assert([END, FAILED].includes(await readOut(target)));
      assert([END, FAILED].includes(await readOut(app)));
      app.close();
      target.close();
    },
  },
]);
