import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/net/backend.ts";
import { END, FAILED } from "../../lib/net/conn.ts";
import { turns } from "../ffi/turns.ts";
import { connPair } from "./_acceptor.ts";
import type { Case } from "./_backends.ts";
import type { EventConn } from "./_event_conn.ts";
import {
  between,
  firstDifference,
  randomBytes,
  seededRandom,
} from "./_random.ts";

const ECHO_BYTES = 50_000_000;
const MAX_CHUNK_BYTES = 200_000;

/** Sends back what comes, and the end. */
async function echo(conn: EventConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await conn.readSome(buffer);
    if (count === FAILED) throw conn.conn.error;
    if (count === END) return conn.closeWrite();
    await conn.writeAll(buffer.subarray(0, count));
  }
}

async function writeInChunks(
  conn: EventConn,
  bytes: Uint8Array,
  random: () => number,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const end = at + between(random, 1, MAX_CHUNK_BYTES);
    await conn.writeAll(bytes.subarray(at, end));
    at = end;
  }
  conn.closeWrite();
}

/** Reads to the end with buffers of all sizes and pauses, and compares. */
async function compareSlowly(
  conn: EventConn,
  expected: Uint8Array,
  random: () => number,
): Promise<void> {
  const buffer = new Uint8Array(131_072);
  let at = 0;
  for (;;) {
    if (random() < 0.05) await turns(between(random, 1, 8));
    const into = buffer.subarray(0, between(random, 1, buffer.length));
    const count = await conn.readSome(into);
    if (count === FAILED) throw conn.conn.error;
    if (count === END) break;
    const difference = firstDifference(
      into.subarray(0, count),
      expected.subarray(at, at + count),
    );
    assert(difference < 0, `different at byte ${at + difference}`);
    at += count;
  }
  assertEquals(at, expected.length);
}

async function echoes(backend: Backend): Promise<void> {
  const [near, far] = await connPair(backend);
  const bytes = randomBytes(seededRandom(50), ECHO_BYTES);
  await Promise.all([
    echo(far),
    writeInChunks(near, bytes, seededRandom(51)),
    compareSlowly(near, bytes, seededRandom(52)),
  ]);
  near.close();
  far.close();
}

/** How bytes go through a conn. */
export const STREAM_CASES: readonly Case[] = [
  {
    name: "Conn.read() and write() carry 50 MB both ways for a slow reader",
    run: echoes,
  },
  {
    name: "Conn.read() gives 0, then readable comes with the bytes",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const buffer = new Uint8Array(16);
      for (const text of ["one", "two", "three"]) {
        assertEquals(far.read(buffer), 0);
        assertEquals(far.read(buffer), 0);
        const readable = far.nextReadable();
        assertEquals(near.write(new TextEncoder().encode(text)), text.length);
        await readable;
        assertEquals(far.read(buffer), text.length);
        assertEquals(
          new TextDecoder().decode(buffer.subarray(0, text.length)),
          text,
        );
      }
      near.close();
      far.close();
    },
  },
  {
    name: "Conn.read() gives a long message in small parts",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const bytes = randomBytes(seededRandom(1), 5000);
      await near.writeAll(bytes);
      near.close();
      const got: number[] = [];
      const buffer = new Uint8Array(7);
      for (;;) {
        const count = await far.readSome(buffer);
        if (count === END) break;
        assert(count > 0 && count <= 7);
        got.push(...buffer.subarray(0, count));
      }
      assertEquals(firstDifference(Uint8Array.from(got), bytes), -1);
      far.close();
    },
  },
  {
    name: "Conn.write() lets the bytes be changed afterwards",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const bytes = new Uint8Array(1_000_000).fill(1);
      const sent = near.write(bytes);
      bytes.fill(2);
      const reading = far.readAll();
      await near.writeAll(new Uint8Array(bytes.length - sent).fill(1));
      near.close();
      const got = await reading;
      assertEquals(got.length, bytes.length);
      assertEquals(got.every((byte) => byte === 1), true);
      far.close();
    },
  },
  {
    name:
      "Conn.write() takes less than all when nobody reads, then writable comes",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const block = new Uint8Array(1_000_000);
      let written = 0;
      // No kernel holds as much as this for one conn.
      for (let i = 0; i < 200; i++) {
        const count = near.write(block);
        assert(count >= 0);
        written += count;
        if (count === 0) break;
      }
      assert(written > 0 && written < 100_000_000, `${written} bytes taken`);
      const writable = near.nextWritable();
      let room = false;
      writable.then(() => room = true);
      let read = 0;
      while (!room) read += (await far.readBytes(1000)).length;
      assert(near.write(new Uint8Array(1)) === 1);
      near.close();
      assertEquals(read + (await far.readAll()).length, written + 1);
      far.close();
    },
  },
  {
    name: "Conn.write() of nothing takes nothing",
    async run(backend) {
      const [near, far] = await connPair(backend);
      assertEquals(near.write(new Uint8Array()), 0);
      await near.writeText("x");
      near.close();
      assertEquals(await far.readText(), "x");
      far.close();
    },
  },
  {
    name: "Conn.handler may change between two events",
    async run(backend) {
      const [near, far] = await connPair(backend);
      await near.writeText("a");
      await far.readBytes(1);
      const heard = Promise.withResolvers<void>();
      far.conn.handler = {
        readable: () => heard.resolve(),
        writable() {},
        failed: (error) => heard.reject(error),
      };
      assertEquals(far.read(new Uint8Array(1)), 0);
      await near.writeText("b");
      await heard.promise;
      assertEquals(far.read(new Uint8Array(8)), 1);
      near.close();
      far.close();
    },
  },
];
