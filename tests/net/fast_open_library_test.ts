import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import {
  ConfigError,
  dialFastOpen,
  type FastOpenConn,
  type FastOpenListener,
  listenFastOpen,
  TunnelError,
} from "../../mod.ts";
import { sharedBackend } from "../../lib/net/shared_backend.ts";
import { within } from "../ffi/within.ts";

// The C library stays open once it was opened: that must not be inside a test.
const HAS_EPOLL = ffiSupport().supported;
const HELLO = new TextEncoder().encode("hello");
const BULK = crypto.getRandomValues(new Uint8Array(65_536));

interface Stage {
  backend: "epoll" | "deno";
  listener: FastOpenListener;
  /** Both ends; the first has sent "hello" if `data` is not given. */
  pair(data?: Uint8Array): Promise<[FastOpenConn, FastOpenConn]>;
}

function testOnBoth(name: string, run: (stage: Stage) => Promise<void>): void {
  for (const backend of ["epoll", "deno"] as const) {
    Deno.test({
      name: `${name} (${backend})`,
      ignore: backend === "epoll" && !HAS_EPOLL,
      async fn() {
        const hostname = "127.0.0.1";
        const listener = listenFastOpen({ hostname, port: 0, backend });
        try {
          await within(run({
            backend,
            listener,
            async pair(data = HELLO) {
              const { port } = listener.addr;
              return await Promise.all([
                dialFastOpen({ hostname, port, data, backend }),
                listener.accept(),
              ]);
            },
          }));
        } finally {
          listener.close();
        }
        await within(sharedBackend(backend).backend.idle());
      },
    });
  }
}

async function readText(conn: FastOpenConn): Promise<string> {
  const buffer = new Uint8Array(64);
  const count = await conn.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

testOnBoth("dialFastOpen() sends its data and knows both ends", async (s) => {
  const [near, far] = await s.pair();
  assertEquals(await readText(far), "hello");
  assertEquals(near.remoteAddr, s.listener.addr);
  assertEquals(near.localAddr, far.remoteAddr);
  assertEquals(far.localAddr, s.listener.addr);
  near.close();
  assertEquals(await far.read(new Uint8Array(8)), null);
  far.close();
});

testOnBoth("FastOpenConn echoes bulk through its streams", async (s) => {
  const [near, far] = await s.pair();
  const echoing = far.readable.pipeTo(far.writable);
  const receiving = new Response(near.readable).bytes();
  const writer = near.writable.getWriter();
  for (let i = 0; i < 64; i++) await writer.write(BULK);
  await writer.close();
  const received = await receiving;
  await echoing;
  assertEquals(received.length, HELLO.length + 64 * BULK.length);
  assertEquals(received.subarray(0, 5), HELLO);
  const last = received.subarray(received.length - BULK.length);
  assert(last.every((byte, i) => byte === BULK[i]));
  // Both streams of both ends are over: nothing is left open.
  await assertRejects(() => near.read(new Uint8Array(1)), TunnelError);
  await assertRejects(() => far.write(HELLO), TunnelError);
});

testOnBoth(
  "FastOpenConn.closeWrite() leaves the other direction",
  async (s) => {
    const [near, far] = await s.pair();
    await near.closeWrite();
    assertEquals(await readText(far), "hello");
    assertEquals(await far.read(new Uint8Array(8)), null);
    await far.writeAll(HELLO);
    assertEquals(await readText(near), "hello");
    near.close();
    far.close();
  },
);

testOnBoth("FastOpenConn lets one read wait at a time", async (s) => {
  const [near, far] = await s.pair();
  const waiting = near.read(new Uint8Array(8));
  const error = await assertRejects(
    () => near.read(new Uint8Array(8)),
    TunnelError,
  );
  assertEquals(error.code, "unavailable");
  await far.write(HELLO);
  assertEquals(await waiting, 5);
  near.close();
  far.close();
});

testOnBoth("FastOpenConn.close() rejects what waits", async (s) => {
  const [near, far] = await s.pair();
  const waiting = near.read(new Uint8Array(8));
  near.close();
  near.close();
  const error = await assertRejects(() => waiting, TunnelError);
  assertEquals(error.code, "closed");
  far.close();
});

testOnBoth("FastOpenListener gives conns until it is closed", async (s) => {
  const seen: string[] = [];
  const serving = (async () => {
    for await (const conn of s.listener) {
      seen.push(await readText(conn));
      conn.close();
      if (seen.length === 2) s.listener.close();
    }
  })();
  for (let i = 0; i < 2; i++) {
    const { port } = s.listener.addr;
    using conn = await dialFastOpen({ port, data: HELLO, backend: s.backend });
    assertEquals(await conn.read(new Uint8Array(1)), null);
  }
  await serving;
  assertEquals(seen, ["hello", "hello"]);
  const error = await assertRejects(() => s.listener.accept(), TunnelError);
  assertEquals(error.code, "closed");
});

testOnBoth("dialFastOpen() rejects a refused dial", async (s) => {
  const { port } = s.listener.addr;
  s.listener.close();
  await within(sharedBackend(s.backend).backend.idle());
  const error = await assertRejects(
    () => dialFastOpen({ port, data: HELLO, backend: s.backend }),
    TunnelError,
  );
  assertEquals(error.code, "refused");
});

testOnBoth("dialFastOpen() gives up when its signal aborts", async (s) => {
  const { port } = s.listener.addr;
  const signal = AbortSignal.abort(new Error("no more"));
  await assertRejects(
    () => dialFastOpen({ port, signal, backend: s.backend }),
    Error,
    "no more",
  );
});

Deno.test("without epoll both ends are off and say why", async () => {
  using listener = listenFastOpen({
    hostname: "localhost",
    port: 0,
    backend: "deno",
  });
  const { port } = listener.addr;
  using near = await dialFastOpen({ port, data: HELLO, backend: "deno" });
  using far = await listener.accept();
  const reason = "Deno's own sockets cannot; use the epoll backend";
  const expected = { result: "off", rttUs: 0, reason } as const;
  assertEquals(near.fastOpen, expected);
  assertEquals(far.fastOpen, expected);
});

Deno.test({
  name: "dialFastOpen() says why a dial was plain",
  ignore: !HAS_EPOLL,
  async fn() {
    using listener = listenFastOpen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    using plain = await dialFastOpen({ port, data: HELLO, fastOpen: false });
    assertEquals(plain.fastOpen.reason, "nobody asked for it");
    plain.close();
    listener.close();
    await within(sharedBackend().backend.idle());
  },
});

Deno.test("listenFastOpen() and dialFastOpen() refuse wrong addresses", async () => {
  try {
    listenFastOpen({ hostname: "a.name", port: 0 });
    assert(false, "listened on a name");
  } catch (error) {
    assert(error instanceof ConfigError);
  }
  assertThrows(() => listenFastOpen({ port: 65_536 }), ConfigError);
  assertThrows(() => listenFastOpen({ port: -1 }), ConfigError);
  await assertRejects(() => dialFastOpen({ port: 0 }), ConfigError);
  await assertRejects(() => dialFastOpen({ port: 65_536 }), ConfigError);
});
