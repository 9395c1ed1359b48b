import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/net/backend.ts";
import { END, FAILED } from "../../lib/net/conn.ts";
import { turns } from "../ffi/turns.ts";
import { connPair } from "./_acceptor.ts";
import type { Case } from "./_backends.ts";
import type { EventConn } from "./_event_conn.ts";
import { firstDifference, randomBytes, seededRandom } from "./_random.ts";

const ONE = new Uint8Array([1]);

/** Reads until there is nothing more, and gives what came last. */
async function readOut(conn: EventConn): Promise<number> {
  const buffer = new Uint8Array(1024);
  for (;;) {
    const count = await conn.readSome(buffer);
    if (count < 0) return count;
  }
}

/** Writes until nothing more is taken for some turns; tells how many bytes. */
async function fill(conn: EventConn): Promise<number> {
  const block = new Uint8Array(65_536);
  let written = 0;
  for (let idle = 0; idle < 20; await turns()) {
    const count = conn.write(block);
    assert(count >= 0);
    written += count;
    idle = count === 0 ? idle + 1 : 0;
  }
  return written;
}

async function writeUntilFailed(conn: EventConn): Promise<void> {
  while (conn.write(ONE) !== FAILED) await turns();
}

async function halfCloses(backend: Backend, nearFirst: boolean): Promise<void> {
  const ends = await connPair(backend);
  const [early, late] = nearFirst ? ends : [ends[1], ends[0]];
  await early.writeText("the question");
  early.closeWrite();
  assertEquals(await late.readText(), "the question");
  // The end stays.
  assertEquals(late.read(new Uint8Array(8)), END);
  assertEquals(early.read(new Uint8Array(8)), 0);
  for (const part of ["the ", "long ", "answer"]) {
    await late.writeText(part);
    assertEquals(
      new TextDecoder().decode(await early.readBytes(part.length)),
      part,
    );
  }
  late.closeWrite();
  assertEquals(await early.readSome(new Uint8Array(8)), END);
  early.close();
  late.close();
}

/** How a conn ends. */
export const END_CASES: readonly Case[] = [
  {
    name: "Conn.closeWrite() of the dialing end leaves the other way open",
    run: (backend) => halfCloses(backend, true),
  },
  {
    name: "Conn.closeWrite() of the accepted end leaves the other way open",
    run: (backend) => halfCloses(backend, false),
  },
  {
    name: "Conn.closeWrite() comes behind all that was written",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const bytes = randomBytes(seededRandom(2), 3_000_000);
      const reading = far.readAll();
      await near.writeAll(bytes);
      near.closeWrite();
      near.closeWrite();
      assertEquals(firstDifference(await reading, bytes), -1);
      assertEquals(near.write(ONE), FAILED);
      near.close();
      far.close();
    },
  },
  {
    name: "Conn.closeWrite() waits for a write that waits for room",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const written = await fill(near);
      near.closeWrite();
      await turns(5);
      assertEquals((await far.readAll()).length, written);
      near.close();
      far.close();
    },
  },
  {
    name: "Conn.close() delivers all that was written before",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const block = randomBytes(seededRandom(3), 100_000);
      let written = 0;
      // As much as is taken while nobody reads.
      for (let i = 0; i < 1000; i++) {
        const count = near.write(block);
        written += count;
        if (count < block.length) break;
      }
      assert(written > 0);
      near.close();
      await turns(10);
      const got = await far.readAll();
      assertEquals(got.length, written);
      for (let at = 0; at < got.length; at += block.length) {
        const part = got.subarray(at, at + block.length);
        assertEquals(firstDifference(part, block.subarray(0, part.length)), -1);
      }
      far.close();
    },
  },
  {
    name: "Conn.close() ends both directions, once",
    async run(backend) {
      const [near, far] = await connPair(backend);
      near.close();
      near.close();
      near.reset();
      assertEquals(near.read(new Uint8Array(8)), FAILED);
      assertEquals(near.write(ONE), FAILED);
      near.closeWrite();
      assertEquals(near.conn.error?.code, "closed");
      assertEquals(await far.readSome(new Uint8Array(8)), END);
      assertEquals(near.failures, []);
      far.close();
    },
  },
  {
    name: "Conn.close() while a read waits tells nobody",
    async run(backend) {
      const [near, far] = await connPair(backend);
      assertEquals(near.read(new Uint8Array(8)), 0);
      near.close();
      await turns(5);
      assertEquals(await far.readSome(new Uint8Array(8)), END);
      far.close();
    },
  },
  {
    name: "Conn.reset() makes the peer's read fail or end",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const reading = readOut(far);
      near.reset();
      near.close();
      const last = await reading;
      if (backend.name === "epoll") {
        assertEquals(last, FAILED);
        assertEquals(far.conn.error?.code, "reset");
        assertEquals(far.failures.map(({ code }) => code), ["reset"]);
      } else {
        assert(last === FAILED || last === END);
      }
      assertEquals(near.conn.error?.code, "closed");
      assertEquals(near.read(new Uint8Array(8)), FAILED);
      far.close();
    },
  },
  {
    name: "Conn.reset() leaves readable what the peer had received before",
    async run(backend) {
      const [near, far] = await connPair(backend);
      await near.writeText("before");
      assertEquals(await far.readBytes(1), new TextEncoder().encode("b"));
      const failed = far.nextReadable();
      near.reset();
      if (backend.name === "epoll") await failed;
      assertEquals(await far.readBytes(5), new TextEncoder().encode("efore"));
      const last = await readOut(far);
      assert(last === FAILED || last === END);
      far.close();
    },
  },
  {
    name: "Conn.write() fails in the end when the peer is gone",
    async run(backend) {
      const [near, far] = await connPair(backend);
      far.close();
      assertEquals(await near.readSome(new Uint8Array(8)), END);
      await writeUntilFailed(near);
      assertEquals(near.conn.error?.code, "reset");
      assertEquals(near.write(ONE), FAILED);
      await turns(5);
      assert(near.failures.length <= 1);
      near.close();
    },
  },
  {
    name: "Conn.write() fails in the end when the peer has reset",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const reading = readOut(near);
      far.reset();
      await writeUntilFailed(near);
      assertEquals(near.conn.error?.code, "reset");
      assert([FAILED, END].includes(await reading));
      assertEquals(near.read(new Uint8Array(8)), FAILED);
      await turns(5);
      assert(near.failures.length <= 1);
      near.close();
      assertEquals(near.conn.error?.code, "reset");
    },
  },
  {
    name: "ConnHandler.failed() comes once when a read and a write wait",
    async run(backend) {
      const [near, far] = await connPair(backend);
      await near.writeText("unread, so that the end is a reset");
      await fill(near);
      assertEquals(near.read(new Uint8Array(8)), 0);
      const failed = near.nextReadable();
      far.reset();
      await failed;
      await turns(10);
      assertEquals(near.failures.length, 1);
      assertEquals(near.read(new Uint8Array(8)), FAILED);
      assertEquals(near.write(ONE), FAILED);
      near.close();
    },
  },
  {
    name: "Conn.reset() while a write waits for room lets go of all",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const block = new Uint8Array(1_000_000);
      while (near.write(block) > 0);
      near.reset();
      assert([FAILED, END].includes(await readOut(far)));
      far.close();
    },
  },
];
