import { assert, assertEquals } from "@std/assert";
import type { Backend } from "../../lib/net/backend.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import { within } from "../ffi/within.ts";
import { type Case, HAS_IPV6, testCases } from "../net/_backends.ts";
import { type Associated, UdpPeer, UdpStage, wrap } from "./_udp_stage.ts";

const LOCAL = "127.0.0.1";
const HELLO = new TextEncoder().encode("hello");
const TEXT = new TextDecoder();

type StageOptions = ConstructorParameters<typeof UdpStage>[1];

/** A stage with one association, an app's socket and an echo. */
function onStage(
  run: (stage: {
    stage: UdpStage;
    app: UdpPeer;
    echo: UdpPeer;
    association: Associated;
  }) => Promise<void>,
  options: StageOptions = {},
): (backend: Backend) => Promise<void> {
  return async (backend) => {
    const stage = new UdpStage(backend, options);
    await using app = await UdpPeer.bind();
    await using echo = await UdpPeer.bind(LOCAL, true);
    const association = await stage.associate();
    try {
      await run({ stage, app, echo, association });
    } finally {
      try {
        association.control.close();
      } catch {
        // The test has closed it.
      }
      await stage.close();
    }
  };
}

/** The end or a reset. */
async function isOver(conn: Deno.TcpConn): Promise<boolean> {
  try {
    return await within(conn.read(new Uint8Array(1))) === null;
  } catch (error) {
    return !(error instanceof DOMException);
  }
}

/** Resolves a few names, each when the test says so. */
function namesOf(table: Record<string, Promise<string[]>>): Resolver {
  return new Resolver({
    lookup: (host, family) =>
      family === 4 && table[host] ? table[host] : Promise.reject(new Error()),
  });
}

const CASES: Case[] = [
  {
    name: "[43] [44] UdpEntry.serve() carries datagrams to IPv4 and back",
    run: onStage(async ({ stage, app, echo, association }) => {
      assertEquals(association.reply, { host: LOCAL, port: association.port });
      for (let round = 0; round < 5; round++) {
        await app.send(wrap(LOCAL, echo.port, HELLO), association.port);
        const { payload, source } = await app.nextAnswer();
        assertEquals(payload, HELLO);
        assertEquals(source, { host: LOCAL, port: echo.port });
      }
      assertEquals(stage.entry.active, 1);
      association.control.close();
      const counters = await stage.over();
      assertEquals(stage.entry.active, 0);
      // What goes up is counted at both ends, and so is what comes down.
      assertEquals(counters.count("datagrams", { direction: "up" }), 10);
      assertEquals(counters.count("datagrams", { direction: "down" }), 10);
      assertEquals(counters.count("datagramBytes", { direction: "up" }), 50);
    }),
  },
  {
    name: "UdpEntry.serve() carries datagrams to an old peer",
    run: onStage(async ({ app, echo, association }) => {
      await app.send(wrap(LOCAL, echo.port, HELLO), association.port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
    }, { v1: false, entry: { optimistic: true } }),
  },
  {
    name: "[44] UdpEntry.serve() carries datagrams to IPv6 and back",
    ignore: !HAS_IPV6,
    run: onStage(async ({ app, association }) => {
      await using echo = await UdpPeer.bind("::1", true);
      await app.send(wrap("::1", echo.port, HELLO), association.port);
      const { payload, source } = await app.nextAnswer();
      assertEquals(payload, HELLO);
      assertEquals(source, { host: "::1", port: echo.port });
    }),
  },
  {
    name: "[44] UdpEntry.serve() carries datagrams to names, also empty ones",
    run: onStage(async ({ app, echo, association }) => {
      for (const payload of [HELLO, new Uint8Array(0)]) {
        await app.send(wrap("echo.test", echo.port, payload), association.port);
        const answer = await app.nextAnswer();
        assertEquals(answer.payload, payload);
        assertEquals(answer.source, { host: LOCAL, port: echo.port });
      }
    }, {
      exit: {
        resolver: namesOf({ "echo.test": Promise.resolve([LOCAL]) }),
      },
    }),
  },
  {
    name: "UdpExit.accept() keeps order behind a slow name and stalls nobody",
    async run(backend) {
      const slow = Promise.withResolvers<string[]>();
      const resolver = namesOf({ "slow.test": slow.promise });
      await onStage(async ({ app, echo, association }) => {
        const send = (host: string, text: string) =>
          app.send(
            wrap(host, echo.port, new TextEncoder().encode(text)),
            association.port,
          );
        await send("slow.test", "one");
        await send("slow.test", "two");
        await send(LOCAL, "zero");
        assertEquals(TEXT.decode((await app.nextAnswer()).payload), "zero");
        slow.resolve([LOCAL]);
        assertEquals(TEXT.decode((await app.nextAnswer()).payload), "one");
        assertEquals(TEXT.decode((await app.nextAnswer()).payload), "two");
        await send("slow.test", "three");
        assertEquals(TEXT.decode((await app.nextAnswer()).payload), "three");
      }, { exit: { resolver } })(backend);
    },
  },
  {
    name: "[47] UdpExit.accept() loses what cannot be sent and goes on",
    run: onStage(async ({ stage, app, echo, association }) => {
      const { port, control } = association;
      await app.send(wrap("no.such.test", echo.port, HELLO), port);
      await app.send(wrap(LOCAL, 0, HELLO), port);
      await app.send(wrap("255.255.255.255", 9, HELLO), port);
      await app.send(wrap(LOCAL, echo.port, HELLO), port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
      control.close();
      const counters = await stage.over();
      assertEquals(counters.count("datagramsLost", { reason: "name" }), 1);
      assertEquals(counters.count("datagramsLost", { reason: "target" }), 1);
      assertEquals(counters.count("datagramsLost"), 3);
    }, { exit: { resolver: namesOf({}) } }),
  },
  {
    name: "UdpExit.accept() passes on what others than the target send",
    run: onStage(async ({ app, association }) => {
      await using target = await UdpPeer.bind();
      await using other = await UdpPeer.bind();
      await app.send(wrap(LOCAL, target.port, HELLO), association.port);
      const { from } = await target.next();
      await other.send(HELLO, from.port);
      assertEquals((await app.nextAnswer()).source.port, other.port);
    }),
  },
  {
    name: "[45] UdpEntry.serve() drops headers that are bad",
    run: onStage(async ({ stage, app, echo, association }) => {
      const good = wrap(LOCAL, echo.port, HELLO);
      for (let length = 0; length < 10; length++) {
        await app.send(good.subarray(0, length), association.port);
      }
      const unknown = good.slice();
      unknown[3] = 2;
      await app.send(unknown, association.port);
      const fragment = good.slice();
      fragment[2] = 1;
      await app.send(fragment, association.port);
      await app.send(good, association.port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
      association.control.close();
      const counters = await stage.over();
      assertEquals(
        counters.count("datagramsLost", { reason: "malformed" }),
        11,
      );
      assertEquals(counters.count("datagramsLost", { reason: "fragment" }), 1);
    }),
  },
  {
    name: "UdpEntry.serve() serves nobody but the app",
    linuxOnly: true,
    run: onStage(async ({ stage, app, echo, association }) => {
      await using stranger = await UdpPeer.bind("127.0.0.2");
      await using late = await UdpPeer.bind();
      const datagram = wrap(LOCAL, echo.port, HELLO);
      await stranger.send(datagram, association.port);
      // Nonsense makes nobody the app.
      await late.send(new Uint8Array(3), association.port);
      await app.send(datagram, association.port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
      await late.send(datagram, association.port);
      await app.send(datagram, association.port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
      association.control.close();
      const counters = await stage.over();
      assertEquals(counters.count("datagramsLost", { reason: "stranger" }), 2);
      assertEquals(counters.count("datagramsLost", { reason: "malformed" }), 1);
    }),
  },
  {
    name: "UdpEntry.serve() holds an app to the port of its hint",
    async run(backend) {
      const stage = new UdpStage(backend);
      await using app = await UdpPeer.bind();
      await using other = await UdpPeer.bind();
      await using echo = await UdpPeer.bind(LOCAL, true);
      const { control, port } = await stage.associate({
        host: "0.0.0.0",
        port: app.port,
      });
      await other.send(wrap(LOCAL, echo.port, HELLO), port);
      await app.send(wrap(LOCAL, echo.port, HELLO), port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
      control.close();
      const counters = await stage.over();
      assertEquals(counters.count("datagramsLost", { reason: "stranger" }), 1);
      await stage.close();
    },
  },
  {
    name: "UdpEntry.serve() ignores a hint from behind a NAT",
    async run(backend) {
      const stage = new UdpStage(backend);
      await using app = await UdpPeer.bind();
      await using echo = await UdpPeer.bind(LOCAL, true);
      const { control, port } = await stage.associate({
        host: "10.9.8.7",
        port: 4242,
      });
      await app.send(wrap(LOCAL, echo.port, HELLO), port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
      control.close();
      await stage.close();
    },
  },
  {
    name: "[46] UdpEntry.serve() ends both ends with the control conn",
    run: onStage(async ({ stage, app, echo, association }) => {
      await app.send(wrap(LOCAL, echo.port, HELLO), association.port);
      await app.nextAnswer();
      assertEquals(stage.exitSession.channelCount, 1);
      // A few bytes on it mean nothing.
      await association.control.write(HELLO);
      await app.send(wrap(LOCAL, echo.port, HELLO), association.port);
      await app.nextAnswer();
      association.control.close();
      await within(stage.finished);
      await stage.over();
      assertEquals(stage.entrySession.channelCount, 0);
      assertEquals(stage.exitSession.channelCount, 0);
    }),
  },
  {
    name: "UdpEntry.serve() ends an app that floods its control conn",
    run: onStage(async ({ stage, association }) => {
      const flood = new Uint8Array(262_144);
      await association.control.write(flood).catch(() => {});
      await within(stage.finished);
      assertEquals(stage.entry.active, 0);
    }),
  },
  {
    name: "UdpEntry.serve() ends when the session does",
    run: onStage(async ({ stage, association }) => {
      stage.entrySession.close();
      assert(await isOver(association.control));
      await within(stage.finished);
    }),
  },
  {
    name: "UdpEntry.serve() tells an app that the exit refuses",
    run: onStage(async ({ stage, association }) => {
      assertEquals(association.reply, { failure: "unsupported" });
      assert(await isOver(association.control));
      assertEquals(stage.entry.active, 0);
    }, { exit: "none" }),
  },
  {
    name: "UdpEntry.serve() tells an app that the exit does not answer",
    run: onStage(async ({ stage, association }) => {
      assertEquals(association.reply, { failure: "noAnswer" });
      assertEquals(stage.entrySession.channelCount, 0);
      assert(await isOver(association.control));
    }, { exit: "silent", entry: { responseMs: 20 } }),
  },
  {
    name: "UdpEntry.serve() ends an optimistic association without an answer",
    run: onStage(async ({ stage, association }) => {
      assert("port" in association.reply);
      assert(await isOver(association.control));
      await within(stage.finished);
    }, { exit: "silent", entry: { responseMs: 20, optimistic: true } }),
  },
  {
    name: "UdpEntry.serve() tells an app that no port is free",
    async run(backend) {
      await using blocker = await UdpPeer.bind();
      const ports = { first: blocker.port, last: blocker.port };
      await onStage(({ association }) => {
        assertEquals(association.reply, { failure: "exhausted" });
        return Promise.resolve();
      }, { entry: { ports } })(backend);
    },
  },
  {
    name: "UdpEntry.serve() binds where it was told to",
    linuxOnly: true,
    run: onStage(async ({ echo, association }) => {
      assertEquals(
        "host" in association.reply && association.reply.host,
        [
          "127.0.0.3",
        ][0],
      );
      await using app = await UdpPeer.bind();
      await app.send(
        wrap(LOCAL, echo.port, HELLO),
        association.port,
        "127.0.0.3",
      );
      assertEquals((await app.nextAnswer()).payload, HELLO);
    }, { entry: { host: "127.0.0.3" } }),
  },
  {
    name: "UdpEntry.serve() ends when nothing is sent",
    run: onStage(async ({ stage, association }) => {
      assert(await isOver(association.control));
      await within(stage.finished);
    }, { entry: { idleMs: 500 } }),
  },
  {
    name: "UdpExit.accept() ends when nothing is sent",
    run: onStage(async ({ stage, association }) => {
      assert(await isOver(association.control));
      await within(stage.finished);
      assertEquals(stage.exitSession.channelCount, 0);
    }, { exit: { idleMs: 500 } }),
  },
  {
    name: "UdpEntry.serve() sends at once to a new peer when optimistic",
    run: onStage(async ({ app, echo, association }) => {
      await app.send(wrap(LOCAL, echo.port, HELLO), association.port);
      assertEquals((await app.nextAnswer()).payload, HELLO);
    }, { entry: { optimistic: true } }),
  },
  {
    name: "UdpEntry.serve() holds a few datagrams for an old exit",
    run: onStage(async ({ stage, app, echo, association }) => {
      for (let i = 0; i < 40; i++) {
        await app.send(wrap(LOCAL, echo.port, HELLO), association.port);
      }
      await stage.counted("datagramsLost", 8, { reason: "early" });
      association.control.close();
      await within(stage.finished);
      assertEquals(
        stage.counters.count("datagramsLost", { reason: "early" }),
        40,
      );
    }, { v1: false, exit: "silent", entry: { optimistic: true } }),
  },
];

testCases(CASES);
