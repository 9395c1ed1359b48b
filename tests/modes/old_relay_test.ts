import { assert, assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { startClient } from "../../mod.ts";
import {
  close,
  dialSocks,
  GREETING,
  join,
  readExactly,
  readReplies,
  requestFor,
  writeAll,
} from "../e2e/_app.ts";
import { within } from "../ffi/within.ts";
import { OldServer } from "./_old_server.ts";
import { HELLO, readsNothing } from "./_traffic.ts";

// Opens libc outside of the tests, which must not leave a library open.
ffiSupport();

const REQUEST = requestFor("target", 80);
const PARTNERS: Message = { type: "partners", count: 1 };

/** Runs an optimistic client at an old server, with one app that has asked. */
async function withApp(
  greeting: readonly Message[],
  run: (
    server: OldServer,
    app: Deno.TcpConn,
    socksPort: number,
  ) => Promise<void>,
): Promise<void> {
  await using server = new OldServer(greeting);
  const client = await startClient({
    url: server.url,
    token: "t",
    socksPort: 0,
    optimistic: true,
    reconnect: false,
    gracePeriodMs: 0,
  });
  await within(client.ready);
  const app = await dialSocks(client.addr!.port);
  try {
    await writeAll(app, join(GREETING, REQUEST, HELLO));
    assertEquals(await within(readReplies(app)), 0);
    await run(server, app, client.addr!.port);
  } finally {
    close(app);
    await within(client.close(), 10_000);
  }
}

Deno.test("an old relay gets no early bytes, and then all of them", async () => {
  await withApp([PARTNERS], async (server, app, socksPort) => {
    const asked = await server.next();
    assert(asked.type === "connect");
    const { id } = asked;
    // Early bytes would have come before the next request.
    const another = await dialSocks(socksPort);
    await writeAll(another, join(GREETING, REQUEST));
    assertEquals((await server.next()).type, "connect");
    close(another);
    server.send({ type: "connectResponse", ok: true, id });
    let data = await server.next();
    // The other app has gone.
    if (data.type === "disconnect") data = await server.next();
    assert(data.type === "data");
    assertEquals(data.payload, HELLO);
    const fields = { type: "data", protocol: "tcp", compression: 0 } as const;
    server.send({ ...fields, id, payload: HELLO });
    assertEquals(await within(readExactly(app, HELLO.length)), HELLO);
  });
});

Deno.test("an old server that does not relay gets early bytes", async () => {
  await withApp([], async (server) => {
    assertEquals((await server.next()).type, "connect");
    assertEquals((await server.next()).type, "data");
  });
});

Deno.test("[39] an app whose bytes were held is ended by a failure", async () => {
  await withApp([PARTNERS], async (server, app) => {
    const asked = await server.next();
    assert(asked.type === "connect");
    const error = "connection refused";
    server.send({ type: "connectResponse", ok: false, id: asked.id, error });
    assert(await within(readsNothing(app)));
  });
});

Deno.test("an app is ended by a DISCONNECT that comes instead of an answer", async () => {
  await withApp([PARTNERS], async (server, app) => {
    const asked = await server.next();
    assert(asked.type === "connect");
    server.send({ type: "disconnect", id: asked.id });
    assert(await within(readsNothing(app)));
  });
});
