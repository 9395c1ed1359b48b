import { assert, assertEquals, assertRejects } from "@std/assert";
import { TunnelError, type TunnelErrorCode } from "../../lib/base/errors.ts";
import type { Backend } from "../../lib/net/backend.ts";
import type { SocketAddress } from "../../lib/net/conn.ts";
import { bindAnyFamily, bindDatagrams } from "../../lib/net/bind_datagrams.ts";
import {
  type DatagramHandler,
  MAX_DATAGRAM_BYTES,
} from "../../lib/net/datagrams.ts";
import { parsePortRange } from "../../lib/net/port_range.ts";
import { within } from "../ffi/within.ts";
import { type Case, HAS_IPV6, testCases } from "./_backends.ts";

const LOCAL = "127.0.0.1";

/** Writes down what a socket is told, and waits for it. */
class Inbox implements DatagramHandler {
  readonly inbox: { payload: Uint8Array; from: SocketAddress }[] = [];
  readonly #failures: TunnelErrorCode[] = [];
  #wake = Promise.withResolvers<void>();

  received(payload: Uint8Array, from: SocketAddress): void {
    this.inbox.push({ payload: new Uint8Array(payload), from });
    this.#tell();
  }

  sendFailed(code: TunnelErrorCode): void {
    this.#failures.push(code);
    this.#tell();
  }

  #tell(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async next(): Promise<{ payload: Uint8Array; from: SocketAddress }> {
    while (this.inbox.length === 0) await within(this.#wake.promise);
    return this.inbox.shift()!;
  }

  async failure(): Promise<TunnelErrorCode> {
    while (this.#failures.length === 0) await within(this.#wake.promise);
    return this.#failures.shift()!;
  }
}

const HELLO = new TextEncoder().encode("hello");

async function exchange(
  backend: Backend,
  hosts: { bind: string; show: string },
): Promise<void> {
  const left = new Inbox();
  const right = new Inbox();
  const a = await bindDatagrams(backend, hosts.bind, undefined, left);
  const b = await bindDatagrams(backend, hosts.show, undefined, right);
  a.send(HELLO, b.local);
  const { payload, from } = await right.next();
  assertEquals(payload, HELLO);
  assertEquals(from, { host: hosts.show, port: a.local.port });
  b.send(new Uint8Array(0), from);
  const answer = await left.next();
  assertEquals(answer.payload.length, 0);
  assertEquals(answer.from, b.local);
  a.close();
  a.close();
  a.send(HELLO, b.local);
  b.close();
}

const CASES: Case[] = [
  {
    name: "bindDatagrams() exchanges over IPv4",
    run: (backend) => exchange(backend, { bind: LOCAL, show: LOCAL }),
  },
  {
    name: "bindDatagrams() exchanges over IPv6",
    ignore: !HAS_IPV6,
    run: (backend) => exchange(backend, { bind: "::1", show: "::1" }),
  },
  {
    name: "bindDatagrams() shows IPv4 as such on a dual-stack socket",
    ignore: !HAS_IPV6,
    run: (backend) => exchange(backend, { bind: "::", show: LOCAL }),
  },
  {
    name: "send() tells of a failure and goes on",
    async run(backend) {
      const inbox = new Inbox();
      const socket = await bindDatagrams(backend, LOCAL, undefined, inbox);
      socket.send(new Uint8Array(MAX_DATAGRAM_BYTES + 1), socket.local);
      assertEquals(await inbox.failure(), "limit");
      socket.send(HELLO, { host: "::1", port: socket.local.port });
      assertEquals(await inbox.failure(), "unreachable");
      socket.send(HELLO, { host: "255.255.255.255", port: 9 });
      await inbox.failure();
      socket.send(HELLO, socket.local);
      assertEquals((await inbox.next()).payload, HELLO);
      socket.close();
    },
  },
  {
    name: "send() carries the largest datagram",
    async run(backend) {
      const inbox = new Inbox();
      const socket = await bindDatagrams(backend, LOCAL, undefined, inbox);
      const all = new Uint8Array(MAX_DATAGRAM_BYTES).fill(7);
      socket.send(all, socket.local);
      assertEquals((await inbox.next()).payload, all);
      socket.close();
    },
  },
  {
    name: "received() keeps senders apart",
    async run(backend) {
      const inbox = new Inbox();
      const others = new Inbox();
      const socket = await bindDatagrams(backend, LOCAL, undefined, inbox);
      const apps = await Promise.all(
        [0, 1, 2].map(() => bindDatagrams(backend, LOCAL, undefined, others)),
      );
      for (const app of [...apps, ...apps]) {
        app.send(HELLO, socket.local);
        assertEquals((await inbox.next()).from, app.local);
      }
      for (const one of [socket, ...apps]) one.close();
    },
  },
  {
    name: "received() gets a burst beyond one turn",
    linuxOnly: true,
    async run(backend) {
      const inbox = new Inbox();
      const socket = await bindDatagrams(backend, LOCAL, undefined, inbox);
      const app = await bindDatagrams(backend, LOCAL, undefined, new Inbox());
      const count = 200;
      for (let i = 0; i < count; i++) app.send(HELLO, socket.local);
      for (let i = 0; i < count; i++) await inbox.next();
      app.close();
      socket.close();
    },
  },
  {
    name: "bindDatagrams() takes the ports of a range until there are none",
    async run(backend) {
      const first = await freeRange(backend);
      const ports = { first, last: first + 2 };
      const inbox = new Inbox();
      const sockets = [];
      for (let i = 0; i < 3; i++) {
        sockets.push(await bindDatagrams(backend, LOCAL, ports, inbox));
      }
      const taken = sockets.map(({ local }) => local.port).sort();
      assertEquals(taken, [first, first + 1, first + 2]);
      const error = await assertRejects(
        () => bindDatagrams(backend, LOCAL, ports, inbox),
        TunnelError,
        `no free UDP port from ${first} to ${first + 2} on ${LOCAL}`,
      );
      assertEquals(error.code, "exhausted");
      for (const socket of sockets) socket.close();
    },
  },
  {
    name: "bindDatagrams() tells why an address cannot be had",
    async run(backend) {
      const error = await assertRejects(
        () => bindDatagrams(backend, "192.0.2.77", undefined, new Inbox()),
        TunnelError,
      );
      assertEquals(error.code, "unreachable");
    },
  },
  {
    name: "bindAnyFamily() reaches IPv4",
    async run(backend) {
      const inbox = new Inbox();
      const other = new Inbox();
      const socket = await bindAnyFamily(backend, inbox);
      const target = await bindDatagrams(backend, LOCAL, undefined, other);
      socket.send(HELLO, target.local);
      assertEquals((await other.next()).from.host, LOCAL);
      socket.close();
      target.close();
    },
  },
];

/** The first of three ports that were all free a moment ago. */
async function freeRange(backend: Backend): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const probe = await bindDatagrams(backend, LOCAL, undefined, new Inbox());
    const { port } = probe.local;
    const more = await Promise.allSettled(
      [1, 2].map((i) =>
        backend.bindDatagrams({ host: LOCAL, port: port + i }, new Inbox())
      ),
    );
    probe.close();
    for (const one of more) {
      if (one.status === "fulfilled") one.value.close();
    }
    await backend.idle();
    if (more.every(({ status }) => status === "fulfilled")) return port;
  }
  throw new Error("no three free ports next to each other");
}

testCases(CASES);

Deno.test("parsePortRange() takes a range and a single port", () => {
  assertEquals(parsePortRange("40000-40100", "--x"), {
    first: 40_000,
    last: 40_100,
  });
  assertEquals(parsePortRange(" 53 ", "--x"), { first: 53, last: 53 });
});

Deno.test("parsePortRange() refuses everything else", () => {
  for (const text of ["", "0", "5-4", "1-65536", "a-b", "1-", "-1", "1-2-3"]) {
    let message = "";
    try {
      parsePortRange(text, "--udp-ports");
    } catch (error) {
      message = (error as Error).message;
    }
    assert(message.startsWith("Invalid --udp-ports: must be a range"), text);
  }
});
