import { assertEquals } from "@std/assert";
import { connPair } from "../../lib/join/conn_pair.ts";
import { type Conn, END, FAILED } from "../../lib/net/conn.ts";

const NEAR = { host: "127.0.0.1", port: 1 };
const FAR = { host: "example.com", port: 2 };
const turn = () => new Promise<void>((resolve) => queueMicrotask(resolve));

/** Counts what a conn's handler is told. */
function told(conn: Conn): Record<"readable" | "writable" | "failed", number> {
  const counts = { readable: 0, writable: 0, failed: 0 };
  conn.handler = {
    readable: () => counts.readable++,
    writable: () => counts.writable++,
    failed: () => counts.failed++,
  };
  return counts;
}

function readAll(conn: Conn): { bytes: number; last: number } {
  const into = new Uint8Array(50_000);
  for (let bytes = 0;;) {
    const last = conn.read(into);
    if (last <= 0) return { bytes, last };
    bytes += last;
  }
}

Deno.test("connPair() carries bytes and ends, and tells of them later", async () => {
  const [near, far] = connPair(NEAR, FAR);
  assertEquals([near.local, near.remote], [NEAR, FAR]);
  assertEquals([far.local, far.remote], [FAR, NEAR]);
  const counts = told(far);
  assertEquals(near.write(new Uint8Array([1, 2])), 2);
  near.write(new Uint8Array([3]));
  assertEquals(counts.readable, 0);
  await turn();
  assertEquals(counts.readable, 1);
  const into = new Uint8Array(8);
  assertEquals(far.read(into), 3);
  assertEquals([...into.subarray(0, 3)], [1, 2, 3]);
  assertEquals(far.read(into), 0);
  near.closeWrite();
  assertEquals(far.read(into), END);
  assertEquals(far.write(into), 8);
  assertEquals(near.read(into), 8);
  assertEquals(near.write(into), FAILED);
});

Deno.test("connPair() takes no more than fits, and tells of room", async () => {
  const [near, far] = connPair(NEAR, FAR);
  const counts = told(near);
  const bytes = new Uint8Array(200_000);
  assertEquals(near.write(bytes), 200_000);
  assertEquals(near.write(bytes), 62_144);
  assertEquals(near.write(bytes), 0);
  assertEquals(readAll(far), { bytes: 262_144, last: 0 });
  await turn();
  assertEquals(counts.writable, 1);
});

Deno.test("connPair() delivers before a close, and fails a write behind it", async () => {
  const [near, far] = connPair(NEAR, FAR);
  near.write(new Uint8Array(10));
  near.close();
  assertEquals(readAll(far), { bytes: 10, last: END });
  assertEquals(far.write(new Uint8Array(1)), FAILED);
  assertEquals(far.error?.code, "reset");
  assertEquals(near.read(new Uint8Array(1)), FAILED);
  await turn();
});

Deno.test("connPair() passes a reset on behind what came before", async () => {
  const [near, far] = connPair(NEAR, FAR);
  const counts = told(far);
  near.write(new Uint8Array(10));
  near.reset();
  await turn();
  assertEquals(counts.failed, 1);
  assertEquals(readAll(far), { bytes: 10, last: FAILED });
  assertEquals(far.error?.code, "reset");
});
