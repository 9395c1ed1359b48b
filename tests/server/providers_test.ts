import { assertEquals } from "@std/assert";
import { Providers } from "../../lib/server/providers.ts";
import { within } from "../ffi/within.ts";
import { lonelySession } from "../session/_sessions.ts";
import { MemoryTransport } from "../session/_transport_pair.ts";

Deno.test("Providers.pick() goes round, and a look takes no turn", async () => {
  const providers = new Providers();
  const sessions = [1, 2, 3].map(() => lonelySession().session);
  for (const session of sessions) providers.add(session);
  const picked = Array.from({ length: 6 }, () => {
    assertEquals(providers.current !== undefined, true);
    return sessions.indexOf(providers.pick()!);
  });
  assertEquals(picked, [0, 1, 2, 0, 1, 2]);
  sessions[0]!.close();
  assertEquals(providers.current, sessions[1]);
  for (const session of sessions) session.close();
  assertEquals([providers.current, providers.pick()], [undefined, undefined]);
  await MemoryTransport.settled();
});

Deno.test("Providers.next() gives all who wait the one that comes", async () => {
  const providers = new Providers();
  const waits = [providers.next(60_000), providers.next(60_000)];
  const { session } = lonelySession();
  providers.add(session);
  assertEquals(await within(Promise.all(waits)), [session, session]);
  session.close();
  await MemoryTransport.settled();
  const none = providers.next(60_000);
  providers.close();
  assertEquals(await within(none), undefined);
});
