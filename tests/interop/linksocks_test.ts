import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { startClient, startServer, TunnelError } from "../../mod.ts";
import { within } from "../ffi/within.ts";
import { freePort } from "../net/free_port.ts";
import { ReferenceProcess } from "./_linksocks.ts";
import { findReference } from "./_packages.ts";
import { transferAll } from "./_transfers.ts";

const TOKEN = "a token of the tests";
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

for (const fastOpen of [false, true]) {
  const suffix = fastOpen ? " (-f)" : "";

  testWithReference(
    `[66] our client transfers through the reference's server${suffix}`,
    async (python) => {
      const port = freePort();
      await using _server = await ReferenceProcess.server(python, {
        port,
        token: TOKEN,
        fastOpen,
      });
      const client = await startClient({
        url: `ws://127.0.0.1:${port}`,
        token: TOKEN,
        socksPort: 0,
        optimistic: fastOpen,
        gracePeriodMs: 0,
      });
      try {
        await client.ready;
        await transferAll(client.addr!.port);
      } finally {
        await client.close();
      }
    },
  );

  testWithReference(
    `[66] the reference's client transfers through our server${suffix}`,
    async (python) => {
      const server = await startServer({
        token: TOKEN,
        hostname: "127.0.0.1",
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
        await transferAll(socksPort);
      } finally {
        await server.close();
      }
    },
  );
}

testWithReference(
  "our client ends with auth when the reference's server rejects its token",
  async (python) => {
    const port = freePort();
    await using _server = await ReferenceProcess.server(python, {
      port,
      token: TOKEN,
      fastOpen: false,
    });
    const client = await startClient({
      url: `ws://127.0.0.1:${port}`,
      token: "another token",
      socksPort: 0,
    });
    const error = await assertRejects(() => client.closed, TunnelError);
    assertEquals(error.code, "auth");
    assertEquals(client.addr, undefined);
  },
);

testWithReference(
  "the reference's client exits when our server rejects its token",
  async (python) => {
    const server = await startServer({
      token: TOKEN,
      hostname: "127.0.0.1",
      port: 0,
      gracePeriodMs: 0,
    });
    try {
      await using client = ReferenceProcess.client(python, {
        serverPort: server.addr.port,
        socksPort: freePort(),
        token: "another token",
        fastOpen: false,
      });
      const { code, output } = await client.ended();
      assertEquals(code, 1);
      assertMatch(output, /invalid token/);
    } finally {
      await server.close();
    }
  },
);
