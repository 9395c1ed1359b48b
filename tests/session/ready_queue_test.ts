import { assertEquals } from "@std/assert";
import { type Queued, ReadyQueue } from "../../lib/session/ready_queue.ts";

interface Item extends Queued {
  readonly name: string;
}

function item(name: string): Item {
  return { name, queued: false };
}

function names(queue: ReadyQueue<Item>): string {
  let all = "";
  for (let one = queue.next(); one; one = queue.next()) all += one.name;
  return all;
}

Deno.test("ReadyQueue gives those that want more after those that have just come", () => {
  const queue = new ReadyQueue<Item>();
  const [a, b, c] = [item("a"), item("b"), item("c")];
  queue.again(a);
  queue.again(b);
  queue.add(c);
  assertEquals(queue.empty, false);
  assertEquals(names(queue), "cab");
  assertEquals(queue.empty, true);
});

Deno.test("ReadyQueue has each member once", () => {
  const queue = new ReadyQueue<Item>();
  const a = item("a");
  queue.add(a);
  queue.add(a);
  queue.again(a);
  assertEquals(a.queued, true);
  assertEquals(names(queue), "a");
  assertEquals(a.queued, false);
  queue.again(a);
  assertEquals(names(queue), "a");
});

Deno.test("ReadyQueue keeps the order of thousands that come and go", () => {
  const queue = new ReadyQueue<Item>();
  let next = 0;
  const expected: string[] = [];
  const got: string[] = [];
  for (let round = 0; round < 3000; round++) {
    for (let i = 0; i < 3; i++) {
      const name = String(next++);
      expected.push(name);
      queue.add(item(name));
    }
    for (let i = 0; i < 2; i++) got.push(queue.next()!.name);
  }
  for (let one = queue.next(); one; one = queue.next()) got.push(one.name);
  assertEquals(got, expected);
});
