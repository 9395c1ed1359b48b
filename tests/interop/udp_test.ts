import { assertEquals } from "@std/assert";
import { startClient, startServer } from "../../mod.ts";
import { associate } from "../e2e/_udp_app.ts";
import { within } from "../ffi/within.ts";
import { HAS_IPV6 } from "../net/_backends.ts";
import { UdpPeer, wrap } from "../modes/_udp_stage.ts";
import { freePort } from "../net/free_port.ts";
import { ReferenceProcess } from "./_linksocks.ts";
import { findReference } from "./_packages.ts";

const TOKEN = "a token of the tests";
const LOCAL = "127.0.0.1";
const DEADLINE_MS = 60_000;
const REFERENCE = await findReference();

/** Registers a test that needs the reference; skips it with the reason. */
function testWithReference(
  name: string,
  run: (python: string) => Promise<void>,
): void {
  const missing = "reason" in REFERENCE;
  if (missing) {
    // deno-lint-ignore no-console
    console.log(`skipped: ${name}: ${REFERENCE.reason}`);
  }
  Deno.test({
    name,
    ignore: missing,
    fn: async () => {
      if (!missing) await within(run(REFERENCE.python), DEADLINE_MS);
    },
  });
}

/** Datagrams of several sizes to targets of each kind, there and back. */
async function exchange(socksPort: number): Promise<void> {
  await using app = await UdpPeer.bind();
  await using echo4 = await UdpPeer.bind(LOCAL, true);
  await using echo6 = HAS_IPV6 ? await UdpPeer.bind("::1", true) : undefined;
  const { control, reply, port } = await associate(socksPort);
  assertEquals(reply[1], 0);
  const targets = [
    { host: LOCAL, port: echo4.port, source: LOCAL },
    { host: "localhost", port: echo4.port, source: LOCAL },
    ...(echo6 ? [{ host: "::1", port: echo6.port, source: "::1" }] : []),
  ];
  for (const target of targets) {
    for (const size of [0, 1, 1200, 9000]) {
      const payload = crypto.getRandomValues(new Uint8Array(size));
      await app.send(wrap(target.host, target.port, payload), port);
      const answer = await app.nextAnswer();
      assertEquals(answer.payload, payload);
      const { source: host } = target;
      assertEquals(answer.source, { host, port: target.port });
    }
  }
  control.close();
}

for (const fastOpen of [false, true]) {
  const suffix = fastOpen ? " (-f)" : "";

  testWithReference(
    `[66] our client sends datagrams through the reference's server${suffix}`,
    async (python) => {
      const port = freePort();
      await using _server = await ReferenceProcess.server(python, {
        port,
        token: TOKEN,
        fastOpen,
      });
      const client = await startClient({
        url: `ws://${LOCAL}:${port}`,
        token: TOKEN,
        socksPort: 0,
        optimistic: fastOpen,
        gracePeriodMs: 0,
      });
      try {
        await client.ready;
        await exchange(client.addr!.port);
      } finally {
        await client.close();
      }
    },
  );

  testWithReference(
    `[66] the reference's client sends datagrams through our server${suffix}`,
    async (python) => {
      const server = await startServer({
        token: TOKEN,
        hostname: LOCAL,
        port: 0,
        gracePeriodMs: 0,
      });
      try {
        const socksPort = freePort();
        await using client = ReferenceProcess.client(python, {
          serverPort: server.addr.port,
          socksPort,
          token: TOKEN,
          fastOpen,
        });
        await client.serves();
        await exchange(socksPort);
        const { counters } = server;
        while (counters.count("dissociated") === 0) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        assertEquals(counters.count("datagramsLost"), 0);
      } finally {
        await server.close();
      }
    },
  );
}
