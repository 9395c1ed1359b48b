import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  accept,
  closeFd,
  ffiSupport,
  findConnection,
  handOver,
  IPPROTO_TCP,
  listenTcp,
  listenUnix,
  localAddress,
  recv,
  send,
  setOption,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import {
  HAS_SCRIPT,
  pathBeside,
  runDeno,
  runDenoAtTerminal,
} from "./run_deno.ts";
import { close } from "../e2e/_app.ts";
import { turns } from "./turns.ts";
import { within } from "./within.ts";

const LINUX = Deno.build.os === "linux";

// The C library stays open once it was opened: that must not be inside a test.
if (LINUX) ffiSupport();

/** Accepts one conn without waiting: it is there already. */
function acceptOne(listener: number): number {
  const fd = accept(listener);
  closeFd(listener);
  assertNotEquals(fd, WOULD_BLOCK);
  return fd;
}

/** A conn of the runtime, and our end of it. */
async function runtimeConn(
  transport: "unix" | "tcp",
): Promise<[near: number, far: Deno.Conn]> {
  if (transport === "tcp") {
    const listener = listenTcp({ host: "127.0.0.1", port: 0 });
    const { port } = localAddress(listener)!;
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    return [acceptOne(listener), far];
  }
  const directory = await Deno.makeTempDir();
  try {
    const path = `${directory}/socket`;
    const listener = listenUnix(path);
    const far = await Deno.connect({ transport, path });
    return [acceptOne(listener), far];
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A conn of the runtime that leads to us, and one of ours to hand over. */
class Stage implements Disposable {
  /** Our end of the runtime's conn. */
  readonly near: number;
  /** The runtime's end. */
  readonly far: Deno.Conn;
  readonly ours: number;
  /** The other end of ours. */
  readonly peer: Deno.Conn;

  constructor(
    [near, far]: [number, Deno.Conn],
    [ours, peer]: [number, Deno.Conn],
  ) {
    this.near = near;
    this.far = far;
    this.ours = ours;
    this.peer = peer;
  }

  static async open(transport: "unix" | "tcp"): Promise<Stage> {
    return new Stage(await runtimeConn(transport), await runtimeConn("tcp"));
  }

  /** Closes what the caller of `handOver` closes. */
  leave(): void {
    closeFd(this.near);
    closeFd(this.ours);
  }

  [Symbol.dispose](): void {
    close(this.far);
    close(this.peer);
  }
}

async function readInto(
  conn: Deno.Conn,
  into: Uint8Array,
  count: number,
): Promise<number> {
  for (let at = 0; at < count;) {
    const got = await within(conn.read(into.subarray(at, count)));
    assert(got !== null);
    at += got;
  }
  return count;
}

async function readAll(conn: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  await readInto(conn, bytes, count);
  return bytes;
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await within(conn.write(bytes.subarray(at)));
  }
}

function patternOf(count: number, step: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, at) => (at * step) >> 3);
}

/** linux/tcp.h: holds back what does not fill a segment. */
const TCP_CORK = 3;
/** More than all buffers on the way hold. */
const BULK_BYTES = 20_000_000;

for (const transport of ["unix", "tcp"] as const) {
  Deno.test({
    name: `handOver() carries bytes both ways (${transport})`,
    ignore: !LINUX,
    async fn() {
      using stage = await Stage.open(transport);
      const { near, far, ours, peer } = stage;
      // It waits before, and is answered behind.
      const reading = readAll(far, 5);
      await turns(2);
      assertEquals(handOver(near, ours), "done");
      stage.leave();
      await writeAll(peer, Uint8Array.of(1, 2, 3, 4, 5));
      assertEquals(await reading, Uint8Array.of(1, 2, 3, 4, 5));
      const there = patternOf(BULK_BYTES, 5);
      const back = patternOf(BULK_BYTES, 11);
      const [received, answered] = await Promise.all([
        readAll(peer, BULK_BYTES),
        readAll(far, BULK_BYTES),
        writeAll(far, there),
        writeAll(peer, back),
      ]);
      assert(received.every((byte, at) => byte === there[at]));
      assert(answered.every((byte, at) => byte === back[at]));
    },
  });

  Deno.test({
    name: `handOver() passes on an end, each way (${transport})`,
    ignore: !LINUX,
    async fn() {
      for (const first of ["far", "peer"]) {
        using stage = await Stage.open(transport);
        const { near, far, ours, peer } = stage;
        assertEquals(handOver(near, ours), "done");
        stage.leave();
        const [ends, hears] = first === "far" ? [far, peer] : [peer, far];
        ends.close();
        assertEquals(await within(hears.read(new Uint8Array(1))), null);
        hears.close();
      }
    },
  });

  Deno.test({
    name: `handOver() waits for bytes that are on their way (${transport})`,
    ignore: !LINUX,
    async fn() {
      using stage = await Stage.open(transport);
      const { near, far, ours, peer } = stage;
      send(near, Uint8Array.of(7));
      assertEquals(handOver(near, ours), "busy");
      assertEquals(await readAll(far, 1), Uint8Array.of(7));
      await writeAll(far, Uint8Array.of(8));
      assertEquals(handOver(near, ours), "busy");
      const byte = new Uint8Array(1);
      assertEquals([recv(near, byte), byte[0]], [1, 8]);
      // What waits behind is no hindrance: it is for the new reader.
      await writeAll(peer, Uint8Array.of(9));
      assertEquals(handOver(near, ours), "done");
      stage.leave();
      assertEquals(await readAll(far, 1), Uint8Array.of(9));
    },
  });

  // What the kernel holds back is in no queue to read, and was lost once.
  Deno.test({
    name: `handOver() loses nothing that fills the buffers (${transport})`,
    ignore: !LINUX,
    async fn() {
      using stage = await Stage.open(transport);
      const { near, far, ours, peer } = stage;
      const bytes = patternOf(BULK_BYTES, 7);
      let sent = 0;
      for (let count = 0; count !== WOULD_BLOCK;) {
        count = send(near, bytes.subarray(sent));
        if (count !== WOULD_BLOCK) sent += count;
      }
      const into = new Uint8Array(BULK_BYTES);
      let received = 0;
      while (handOver(near, ours) === "busy") {
        assert(received < sent || transport === "tcp");
        if (received === sent) await turns();
        else received += (await within(far.read(into.subarray(received))))!;
      }
      stage.leave();
      assertEquals(received, sent);
      await writeAll(peer, bytes.subarray(sent, sent + 1000));
      received += await readInto(far, into.subarray(received), 1000);
      assertEquals(received, sent + 1000);
      assert(
        into.subarray(0, received).every((byte, at) => byte === bytes[at]),
      );
    },
  });

  Deno.test({
    name: `handOver() keeps the order of a write that waits (${transport})`,
    ignore: !LINUX,
    async fn() {
      using stage = await Stage.open(transport);
      const { near, far, ours, peer } = stage;
      const bytes = patternOf(BULK_BYTES, 7);
      const writing = writeAll(far, bytes);
      const into = new Uint8Array(BULK_BYTES);
      let received = 0;
      while (handOver(near, ours) !== "done") {
        await turns();
        const count = recv(near, into.subarray(received));
        if (count === WOULD_BLOCK) continue;
        assert(count > 0);
        received += count;
        // Leaves something for the other way.
        assert(received < BULK_BYTES);
      }
      stage.leave();
      received += await readInto(
        peer,
        into.subarray(received),
        BULK_BYTES - received,
      );
      await writing;
      assertEquals(received, BULK_BYTES);
      assert(into.every((byte, at) => byte === bytes[at]));
    },
  });

  Deno.test({
    name: `handOver() leaves a conn that has ended (${transport})`,
    ignore: !LINUX,
    async fn() {
      using stage = await Stage.open(transport);
      const { near, far, ours } = stage;
      far.close();
      assertEquals(handOver(near, ours), "impossible");
      stage.leave();
    },
  });
}

// Neither in the queue of one end nor in that of the other.
Deno.test({
  name: "handOver() waits for bytes that TCP holds back",
  ignore: !LINUX,
  async fn() {
    using stage = await Stage.open("tcp");
    const { near, far, ours } = stage;
    setOption(near, IPPROTO_TCP, TCP_CORK, 1);
    send(near, Uint8Array.of(1, 2, 3));
    assertEquals(handOver(near, ours), "busy");
    setOption(near, IPPROTO_TCP, TCP_CORK, 0);
    assertEquals(await readAll(far, 3), Uint8Array.of(1, 2, 3));
    assertEquals(handOver(near, ours), "done");
    stage.leave();
  },
});

Deno.test({
  name: "handOver() leaves what is of the runtime alone otherwise",
  ignore: !LINUX,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using other = await Deno.connect({
      hostname: "127.0.0.1",
      port: listener.addr.port,
    });
    using served = await listener.accept();
    using stage = await Stage.open("unix");
    const { near, far, ours, peer } = stage;
    assertEquals(handOver(near, ours), "done");
    stage.leave();
    await writeAll(other, Uint8Array.of(3));
    assertEquals(await readAll(served, 1), Uint8Array.of(3));
    far.close();
    peer.close();
    await writeAll(served, Uint8Array.of(4));
    assertEquals(await readAll(other, 1), Uint8Array.of(4));
  },
});

Deno.test({
  name: "handOver() does nothing without permission to look at descriptors",
  ignore: !LINUX,
  async fn() {
    const main = pathBeside(import.meta.url, "./_hand_over_main.ts");
    for (const more of [[], ["--allow-read"]]) {
      const { code, stdout, stderr } = await runDeno(
        ["--allow-ffi", "--allow-net", ...more, main],
      );
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertEquals(JSON.parse(stdout), { handed: "impossible" });
    }
  },
});

Deno.test({
  name: "handOver() asks nobody for a permission",
  ignore: !LINUX || !HAS_SCRIPT,
  async fn() {
    const main = pathBeside(import.meta.url, "./_hand_over_main.ts");
    const { stdout } = await runDenoAtTerminal(
      ["--allow-ffi", "--allow-net", "--allow-read=/tmp", main],
    );
    assertEquals(stdout, JSON.stringify({ handed: "impossible" }));
  },
});

Deno.test({
  name: "handOver() does nothing for what is no conn of the runtime",
  ignore: !LINUX,
  async fn() {
    using stage = await Stage.open("tcp");
    const { near, far, ours } = stage;
    // The other end of `ours` is the runtime's; that of this one is ours.
    const fd = findConnection(
      localAddress(near)!,
      (far.localAddr as Deno.NetAddr).port,
    )!;
    assertEquals(handOver(fd, ours), "impossible");
    assertEquals(handOver(-1, ours), "impossible");
    stage.leave();
  },
});
