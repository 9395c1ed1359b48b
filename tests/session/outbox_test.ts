import { assertEquals, assertThrows } from "@std/assert";
import { Outbox } from "../../lib/session/outbox.ts";
import { forEachMessage } from "../../lib/wire/bundle.ts";
import { MAX_BUNDLE_BYTES } from "../../lib/wire/limits.ts";

function message(length: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([1, 0x7f]);
  return bytes;
}

function unbundled(sent: readonly Uint8Array[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (const one of sent) {
    forEachMessage(one, true, (bytes) => void all.push(bytes.slice()));
  }
  return all;
}

Deno.test("Outbox sends the messages of one turn as one bundle", () => {
  const sent: Uint8Array[] = [];
  const outbox = new Outbox(true, (bytes) => void sent.push(bytes.slice()));
  const messages = [message(20, 1), message(3000, 2), message(2, 0)];
  for (const one of messages) outbox.add(one);
  assertEquals(sent, []);
  outbox.flush();
  assertEquals(sent.length, 1);
  assertEquals(unbundled(sent), messages);
  assertEquals(outbox.waitingBytes, 0);
  outbox.flush();
  assertEquals(sent.length, 1);
});

Deno.test("Outbox sends a single message without a bundle", () => {
  const sent: Uint8Array[] = [];
  const outbox = new Outbox(true, (bytes) => void sent.push(bytes.slice()));
  outbox.add(message(20, 1));
  outbox.flush();
  assertEquals(sent, [message(20, 1)]);
});

Deno.test("Outbox sends each at once to a peer that knows no bundles", () => {
  const sent: Uint8Array[] = [];
  const outbox = new Outbox(false, (bytes) => void sent.push(bytes.slice()));
  outbox.add(message(20, 1));
  outbox.add(message(30, 2));
  assertEquals(sent, [message(20, 1), message(30, 2)]);
});

Deno.test("Outbox keeps the order around what is too large for a bundle", () => {
  const sent: Uint8Array[] = [];
  const outbox = new Outbox(true, (bytes) => void sent.push(bytes.slice()));
  const lengths = [10, 200_000, 100_000, MAX_BUNDLE_BYTES + 1, 5, 100_000];
  const messages = lengths.map((length, index) => message(length, index));
  for (const one of messages) outbox.add(one);
  outbox.flush();
  assertEquals(
    unbundled(sent).map(({ length }) => length),
    lengths,
  );
  assertThrows(() => outbox.begin(MAX_BUNDLE_BYTES), RangeError);
});

Deno.test("Outbox.clear() throws away what waits", () => {
  const sent: Uint8Array[] = [];
  const outbox = new Outbox(true, (bytes) => void sent.push(bytes.slice()));
  outbox.add(message(20, 1));
  outbox.clear();
  outbox.flush();
  assertEquals(sent, []);
});
