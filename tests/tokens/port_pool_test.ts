import { assertEquals, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { DEFAULT_PORT_RANGE, PortPool } from "../../lib/tokens/port_pool.ts";

Deno.test("PortPool.allocate() gives each port of the range once, from a random start", () => {
  const range = { first: 10, last: 13 };
  const pool = new PortPool({ range, random: () => 0.6 });
  const ports = [0, 0, 0, 0].map((wish) => pool.allocate(wish));
  assertEquals(ports, [12, 13, 10, 11]);
  const error = assertThrows(
    () => pool.allocate(0),
    TunnelError,
    "cannot allocate port: 0",
  );
  assertEquals(error.code, "exhausted");
  pool.free(10);
  assertEquals(pool.allocate(0), 10);
});

Deno.test("PortPool.allocate() gives a wished port, in the range or not, but once", () => {
  const pool = new PortPool({ range: { first: 10, last: 11 } });
  assertEquals(pool.allocate(10), 10);
  assertEquals(pool.allocate(0), 11);
  assertEquals(pool.allocate(60000), 60000);
  for (const taken of [10, 11, 60000]) {
    const text = `cannot allocate port: ${taken}`;
    assertThrows(() => pool.allocate(taken), TunnelError, text);
  }
  pool.free(60000);
  pool.free(60000);
  assertEquals(pool.allocate(60000), 60000);
});

Deno.test("PortPool.allocate() refuses what is no port", () => {
  const pool = new PortPool();
  for (const wish of [-1, -5, 65536, 70000, 1.5, NaN, Infinity]) {
    const text = `cannot allocate port: ${wish}`;
    assertThrows(() => pool.allocate(wish), TunnelError, text);
  }
});

Deno.test("PortPool chooses from 1024 to 10240 by default", () => {
  const { first, last } = DEFAULT_PORT_RANGE;
  assertEquals(new PortPool({ random: () => 0 }).allocate(0), first);
  assertEquals(new PortPool({ random: () => 1 - 1e-9 }).allocate(0), last);
});
