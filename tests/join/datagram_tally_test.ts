import { assertEquals } from "@std/assert";
import { Counters, type TunnelEvent } from "../../lib/base/events.ts";
import { DatagramTally } from "../../lib/join/datagram_tally.ts";

Deno.test("DatagramTally tells in bulk when the last association is over", () => {
  const events: TunnelEvent[] = [];
  const counters = new Counters();
  const tally = new DatagramTally((event) => {
    events.push(event);
    counters.observe(event);
  });
  tally.began();
  tally.began();
  for (let i = 0; i < 1000; i++) tally.up(10);
  tally.down(7);
  tally.lost("name", 2);
  tally.lost("send.limit");
  tally.lost("early", 0);
  tally.ended("the app closed");
  assertEquals(events.filter(({ type }) => type === "datagrams"), []);
  tally.ended("idle");
  assertEquals(counters.snapshot(), {
    "associated": 2,
    "datagrams": 1001,
    "datagrams.down": 1,
    "datagrams.down.bytes": 7,
    "datagrams.up": 1000,
    "datagrams.up.bytes": 10_000,
    "datagramsLost": 3,
    "datagramsLost.name": 2,
    "datagramsLost.send.limit": 1,
    "dissociated": 2,
  });
  assertEquals(events.length, 8);
});

Deno.test("DatagramTally tells at once what is counted after the end", () => {
  const counters = new Counters();
  const tally = new DatagramTally(counters.observe);
  tally.lost("early");
  assertEquals(counters.count("datagramsLost.early"), 1);
});
