import { assertEquals } from "@std/assert";
import { HalfClose } from "../../lib/join/half_close.ts";
import type { Channel } from "../../lib/session/channel.ts";

type Peer = Pick<Channel, "v1" | "opener">;

function mayEnd(peer: Peer, said: ("sent" | "heard")[], ended = false) {
  const halfClose = new HalfClose(() => {});
  for (const one of said) halfClose[one]();
  const result = halfClose.mayEnd(peer as Channel, ended);
  halfClose.stop();
  return result;
}

Deno.test("HalfClose.mayEnd() ends one direction of a new peer's channel", () => {
  assertEquals(mayEnd({ v1: true, opener: "us" }, []), true);
  assertEquals(mayEnd({ v1: true, opener: "peer" }, []), true);
});

Deno.test("HalfClose.mayEnd() keeps an old peer's channel while an answer is awaited", () => {
  const exit: Peer = { v1: false, opener: "us" };
  assertEquals(mayEnd(exit, []), false);
  assertEquals(mayEnd(exit, ["sent"]), true);
  assertEquals(mayEnd(exit, ["sent", "heard"]), false);
  assertEquals(mayEnd(exit, ["sent", "heard", "sent"]), true);
  // At the exit it is the target that has ended: nobody answers it.
  assertEquals(mayEnd({ v1: false, opener: "peer" }, ["sent"]), false);
});

Deno.test("HalfClose.mayEnd() ends what the old peer has ended already", () => {
  for (const opener of ["us", "peer"] as const) {
    assertEquals(mayEnd({ v1: false, opener }, [], true), true);
  }
});
