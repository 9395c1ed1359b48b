import { assert, assertEquals, assertRejects } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import type { Backend } from "../../lib/net/backend.ts";
import type { SocketAddress } from "../../lib/net/conn.ts";
import { wasAttempted } from "../../lib/net/fast_open.ts";
import { turns } from "../ffi/turns.ts";
import { connPair, listen } from "./_acceptor.ts";
import { type Case, HAS_IPV6 } from "./_backends.ts";
import { EventConn } from "./_event_conn.ts";
import { silentAddress } from "./_silent_address.ts";

/** An address at which nobody listens. */
async function refusingAddress(backend: Backend): Promise<SocketAddress> {
  const { listener } = listen(backend);
  listener.close();
  await backend.idle();
  return listener.addr;
}

/** How many descriptors this process has open. */
function descriptorCount(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

async function checkAddresses(backend: Backend, host: string): Promise<void> {
  const { listener, acceptor } = listen(backend, host);
  assert(listener.addr.port > 0);
  assertEquals(listener.addr.host, host);
  const { conn: near, sent } = await backend.dial(listener.addr);
  const { conn: far } = await acceptor.next();
  assertEquals(sent, 0);
  assertEquals(near.remote, listener.addr);
  assertEquals(far.local, listener.addr);
  assertEquals(near.local, far.remote);
  assertEquals(near.local.host, host);
  assertEquals(near.fastOpen.result, "off");
  near.close();
  far.close();
  listener.close();
  // Both ends still know their own address, for the log.
  assertEquals(near.local, far.remote);
}

/** What a dial does. */
export const DIAL_CASES: readonly Case[] = [
  {
    name: "Backend.dial() and accepted() know the addresses",
    run: (backend) => checkAddresses(backend, "127.0.0.1"),
  },
  {
    name: "Backend.dial() and accepted() know the addresses of IPv6",
    ignore: !HAS_IPV6,
    run: (backend) => checkAddresses(backend, "::1"),
  },
  {
    name: "Backend.dial() carries bytes both ways over IPv6",
    ignore: !HAS_IPV6,
    async run(backend) {
      const [near, far] = await connPair(backend, "::1");
      await near.writeText("question");
      near.closeWrite();
      assertEquals(await far.readText(), "question");
      await far.writeText("answer");
      far.close();
      assertEquals(await near.readText(), "answer");
      near.close();
    },
  },
  {
    name: "Backend.listen() at :: takes IPv4 too, and shows it as IPv4",
    ignore: !HAS_IPV6,
    linuxOnly: true,
    async run(backend) {
      const { listener, acceptor } = listen(backend, "::");
      const { port } = listener.addr;
      const { conn: near } = await backend.dial({ host: "127.0.0.1", port });
      const far = await acceptor.next();
      const { remote } = far.conn;
      const { local } = near;
      near.close();
      far.close();
      listener.close();
      assertEquals(remote, local);
    },
  },
  {
    name: "Backend.dial() rejects with refused when nobody listens",
    async run(backend) {
      const error = await assertRejects(
        async () => backend.dial(await refusingAddress(backend)),
        TunnelError,
        "connection refused",
      );
      assertEquals(error.code, "refused");
      assert(error.cause !== undefined || backend.name === "epoll");
    },
  },
  {
    name: "Backend.dial() rejects with refused when first bytes are given",
    async run(backend) {
      const error = await assertRejects(
        async () =>
          backend.dial(await refusingAddress(backend), {
            first: new Uint8Array(10),
            fastOpen: true,
          }),
        TunnelError,
      );
      assertEquals(error.code, "refused");
    },
  },
  {
    name: "Backend.dial() rejects with the reason of a signal that is aborted",
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const reason = new Error("not wanted");
      const thrown = await backend
        .dial(listener.addr, { signal: AbortSignal.abort(reason) })
        .catch((error) => error);
      assertEquals(thrown === reason, true);
      await turns(5);
      assertEquals(acceptor.count, 0);
      listener.close();
    },
  },
  {
    name: "Backend.dial() rejects with the signal's reason and leaves nothing",
    linuxOnly: true,
    async run(backend) {
      using silent = silentAddress();
      const before = descriptorCount();
      const abort = new AbortController();
      const reason = new Error("took too long");
      const dialing = backend.dial(silent.address, { signal: abort.signal });
      const outcome = dialing.catch((error) => error);
      await turns(20);
      abort.abort(reason);
      assertEquals(await outcome === reason, true);
      await backend.idle();
      await turns(5);
      assertEquals(descriptorCount(), before);
    },
  },
  {
    name: "Backend.dial() gives a conn that outlives an abort that comes late",
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const abort = new AbortController();
      const { signal } = abort;
      const { conn } = await backend.dial(listener.addr, { signal });
      abort.abort(new Error("too late"));
      const near = new EventConn(conn);
      const far = await acceptor.next();
      await near.writeText("alive");
      near.close();
      assertEquals(await far.readText(), "alive");
      far.close();
      listener.close();
    },
  },
  {
    name: "Backend.dial() tells how many of the first bytes are sent",
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const first = new TextEncoder().encode("first bytes, ");
      const { conn, sent } = await backend.dial(listener.addr, {
        first,
        fastOpen: true,
      });
      const near = new EventConn(conn);
      const far = await acceptor.next();
      assert(sent >= 0 && sent <= first.length);
      if (sent > 0) assert(wasAttempted(conn.fastOpen));
      if (backend.name === "deno") {
        assertEquals({ sent, result: conn.fastOpen.result }, {
          sent: 0,
          result: "off",
        });
      }
      await near.writeAll(first.subarray(sent));
      await near.writeText("and more");
      near.close();
      assertEquals(await far.readText(), "first bytes, and more");
      far.close();
      listener.close();
    },
  },
];
