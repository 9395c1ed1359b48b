import { assertEquals } from "@std/assert";
import { Counters } from "../../lib/base/counters.ts";
import type { TunnelEvent } from "../../lib/base/events.ts";
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
  const down = { direction: "down" };
  const up = { direction: "up" };
  assertEquals(counters.counts(), [
    { name: "associated", labels: {}, value: 2 },
    { name: "dissociated", labels: {}, value: 2 },
    { name: "datagrams", labels: up, value: 1000 },
    { name: "datagramBytes", labels: up, value: 10_000 },
    { name: "datagrams", labels: down, value: 1 },
    { name: "datagramBytes", labels: down, value: 7 },
    { name: "datagramsLost", labels: { reason: "name" }, value: 2 },
    { name: "datagramsLost", labels: { reason: "send.limit" }, value: 1 },
  ]);
  assertEquals(events.length, 8);
});

Deno.test("DatagramTally tells at once what is counted after the end", () => {
  const counters = new Counters();
  const tally = new DatagramTally(counters.observe);
  tally.lost("early");
  assertEquals(counters.count("datagramsLost", { reason: "early" }), 1);
});
