import { assert, assertEquals } from "@std/assert";
import { ByteQueue } from "../../lib/join/byte_queue.ts";
import { between, randomBytes, seededRandom } from "../net/_random.ts";

const CASES = 100;

/** Does the same to a queue and to an array, and compares what they give. */
function compare(seed: number): void {
  const random = seededRandom(seed);
  const queue = new ByteQueue();
  let expected: number[] = [];
  const longest = [1, 20, 3000][seed % 3]!;
  for (let step = 0; step < 60; step++) {
    const label = `seed ${seed}, step ${step}`;
    const action = between(random, 0, 9);
    if (action < 5) {
      const bytes = randomBytes(random, between(random, 0, longest));
      queue.push(bytes);
      expected.push(...bytes);
      // A copy was taken.
      bytes.fill(0);
    } else if (action < 7) {
      const into = new Uint8Array(between(random, 0, 2 * longest));
      const count = queue.take(into);
      assertEquals([...into.subarray(0, count)], expected.slice(0, count));
      assertEquals(count, Math.min(into.length, expected.length), label);
      expected = expected.slice(count);
    } else if (action === 7) {
      const front = queue.front();
      assertEquals([...front], expected.slice(0, front.length), label);
      assertEquals(front.length > 0, expected.length > 0, label);
      const count = between(random, 0, front.length);
      queue.drop(count);
      expected = expected.slice(count);
    } else if (action === 8) {
      const all = queue.peek();
      const before = [...all];
      assertEquals(before, expected, label);
      const more = randomBytes(random, between(random, 0, longest));
      queue.push(more);
      expected.push(...more);
      // Who has peeked sees no more than it did.
      assertEquals([...all], before, label);
    } else if (random() < 0.1) {
      queue.clear();
      expected = [];
    }
    assertEquals(queue.length, expected.length, label);
  }
}

Deno.test("ByteQueue gives bytes in order, whatever the pieces", () => {
  for (let seed = 1; seed <= CASES; seed++) compare(seed);
});

Deno.test("ByteQueue joins small pieces", () => {
  const queue = new ByteQueue();
  const byte = new Uint8Array([7]);
  for (let i = 0; i < 300_000; i++) queue.push(byte);
  let pieces = 0;
  while (queue.length > 0) {
    queue.drop(queue.front().length);
    pieces++;
  }
  assert(pieces < 30, `${pieces} pieces`);
});

Deno.test("ByteQueue keeps one piece as it is", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array([1, 2, 3]));
  assertEquals(queue.front().buffer.byteLength, 3);
});
