import { assert, assertEquals } from "@std/assert";
import { startClient } from "../../mod.ts";
import { within } from "../ffi/within.ts";
import { HAS_IPV6 } from "../net/_backends.ts";
import { UdpPeer, wrap } from "../modes/_udp_stage.ts";
import { join } from "./_app.ts";
import { associate } from "./_udp_app.ts";
import { onStage, type Stage, testVariants, TOKEN } from "./_stage.ts";

const LOCAL = "127.0.0.1";
const HELLO = new TextEncoder().encode("hello");
/** The end or a reset. */
async function isOver(conn: Deno.TcpConn): Promise<boolean> {
  try {
    return await conn.read(new Uint8Array(1)) === null;
  } catch {
    return true;
  }
}

/** Waits until both ends have forgotten their associations. */
async function over({ client, server }: Stage): Promise<void> {
  for (const { counters } of [client, server]) {
    while (counters.count("dissociated") < counters.count("associated")) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}

testVariants(
  "startClient() carries datagrams",
  (variant) =>
    onStage(variant, async (stage) => {
      await using app = await UdpPeer.bind();
      await using echo = await UdpPeer.bind(LOCAL, true);
      const { control, reply, port } = await associate(stage.socksPort);
      assertEquals([...reply.subarray(0, 8)], [5, 0, 0, 1, 127, 0, 0, 1]);
      for (const host of [LOCAL, "localhost"]) {
        await app.send(wrap(host, echo.port, HELLO), port);
        const answer = await app.nextAnswer();
        assertEquals(answer.payload, HELLO);
        assertEquals(answer.source, { host: LOCAL, port: echo.port });
      }
      control.close();
      await within(over(stage));
      for (const { counters } of [stage.client, stage.server]) {
        assertEquals(counters.count("datagrams", { direction: "up" }), 2);
        assertEquals(counters.count("datagrams", { direction: "down" }), 2);
        assertEquals(
          counters.count("datagramBytes", { direction: "down" }),
          10,
        );
        assertEquals(counters.count("datagramsLost"), 0);
      }
    }),
);

testVariants(
  "startClient() carries datagrams to IPv6",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      if (!HAS_IPV6) return;
      await using app = await UdpPeer.bind();
      await using echo = await UdpPeer.bind("::1", true);
      const { control, port } = await associate(socksPort);
      await app.send(wrap("::1", echo.port, HELLO), port);
      const { payload, source } = await app.nextAnswer();
      assertEquals(payload, HELLO);
      assertEquals(source, { host: "::1", port: echo.port });
      control.close();
    }),
);

/** A question for the A record of `example.test`: RFC 1035, section 4.1. */
const QUESTION = new Uint8Array([
  ...[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  ...[7, ...new TextEncoder().encode("example")],
  ...[4, ...new TextEncoder().encode("test")],
  ...[0, 0, 1, 0, 1],
]);
/** 192.0.2.7, for a minute. */
const RECORD = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7];

testVariants(
  "startClient() carries questions to a name server",
  (variant) =>
    onStage(variant, async ({ socksPort }) => {
      await using app = await UdpPeer.bind();
      await using nameServer = await UdpPeer.bind();
      const { control, port } = await associate(socksPort);
      await app.send(wrap(LOCAL, nameServer.port, QUESTION), port);
      const asked = await nameServer.next();
      assertEquals(asked.payload, QUESTION);
      const answer = join(asked.payload, new Uint8Array(RECORD));
      answer.set([0x81, 0x80, 0, 1, 0, 1], 2);
      await nameServer.send(answer, asked.from.port);
      assertEquals((await app.nextAnswer()).payload, answer);
      control.close();
    }),
);

testVariants(
  "startClient() ends associations with their conns",
  (variant) =>
    onStage(variant, async (stage) => {
      const associations = await Promise.all(
        Array.from({ length: 20 }, () => associate(stage.socksPort)),
      );
      for (const { control } of associations) control.close();
      await within(over(stage));
      assertEquals(stage.client.counters.count("associated"), 20);
    }),
);

testVariants(
  "startClient() ends associations with the server",
  (variant) =>
    onStage(variant, async ({ server, socksPort }) => {
      const { control } = await associate(socksPort);
      server.abort();
      assert(await within(isOver(control)));
      control.close();
    }),
);

testVariants(
  "startClient() uses the ports that it may",
  async (variant) => {
    const free = await UdpPeer.bind("127.0.0.1");
    const { port } = free;
    await free[Symbol.asyncDispose]();
    const udpPorts = { first: port, last: port };
    await onStage(variant, async ({ socksPort }) => {
      const first = await associate(socksPort);
      assertEquals(first.port, port);
      const second = await associate(socksPort);
      assertEquals(second.reply[1], 1);
      assert(await isOver(second.control));
      second.control.close();
      first.control.close();
    }, { udpPorts });
  },
  ({ backend }) => backend === "epoll",
);

Deno.test("startClient() refuses a UDP host that apps cannot reach", async () => {
  for (const udpHost of ["localhost", "0.0.0.0", "::"]) {
    let message = "";
    try {
      await startClient({ url: "ws://127.0.0.1:1", token: TOKEN, udpHost });
    } catch (error) {
      message = (error as Error).message;
    }
    assert(message.startsWith("Invalid udpHost: must be an IP"), message);
  }
});
