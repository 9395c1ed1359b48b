import { assertEquals, assertRejects } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { dialFastest } from "../../lib/client/dial_fastest.ts";
import { FAST_OPEN_OFF } from "../../lib/net/fast_open.ts";
import type { DialedTunnel } from "../../lib/transport/dial_tunnel.ts";
import { MemoryTransport } from "../session/_transport_pair.ts";

const URLS = ["ws://a/socket", "ws://b/socket", "ws://c/socket"].map((text) =>
  new URL(text)
);
const NEVER = new AbortController().signal;

function tunnel(): DialedTunnel & { transport: MemoryTransport } {
  const [transport] = MemoryTransport.pair();
  return { transport, v1: true, syn: FAST_OPEN_OFF, pong: undefined };
}

Deno.test("dialFastest() takes the first that lets us in and aborts the others", async () => {
  const signals: AbortSignal[] = [];
  const dialed = tunnel();
  const got = await dialFastest(URLS, (url, signal) => {
    signals.push(signal);
    return url.hostname === "b" ? Promise.resolve(dialed) : new Promise(
      (_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
    );
  }, NEVER);
  assertEquals(got.url.hostname, "b");
  assertEquals(got.transport, dialed.transport);
  assertEquals(signals.map(({ aborted }) => aborted), [true, true, true]);
  assertEquals(dialed.transport.closedWith, undefined);
});

Deno.test("dialFastest() closes one that is let in too late", async () => {
  const dialed = [tunnel(), tunnel(), tunnel()];
  let next = 0;
  await dialFastest(URLS, () => Promise.resolve(dialed[next++]!), NEVER);
  assertEquals(
    dialed.map(({ transport }) => transport.closedWith?.reason),
    [undefined, "another server was faster", "another server was faster"],
  );
  await MemoryTransport.settled();
});

Deno.test("dialFastest() goes on when one of them refuses", async () => {
  const dialed = tunnel();
  const got = await dialFastest(
    URLS,
    ({ hostname }) =>
      hostname === "c"
        ? Promise.resolve(dialed)
        : Promise.reject(new TunnelError("refused", "connection refused")),
    NEVER,
  );
  assertEquals(got.url.hostname, "c");
});

for (
  const { codes, expected } of [
    { codes: ["auth", "auth", "auth"], expected: "auth" },
    { codes: ["refused", "auth", "auth"], expected: "refused" },
    { codes: ["timeout", "refused", "auth"], expected: "refused" },
  ] as const
) {
  Deno.test(`dialFastest() gives ${expected} for ${codes.join(", ")}`, async () => {
    let next = 0;
    const error = await assertRejects(
      () =>
        dialFastest(
          URLS,
          () => Promise.reject(new TunnelError(codes[next++]!, "no")),
          NEVER,
        ),
      TunnelError,
    );
    assertEquals(error.code, expected);
  });
}

Deno.test("dialFastest() gives up when it is told to", async () => {
  const stop = new AbortController();
  const reason = new TunnelError("closed", "the client was closed");
  const dialing = dialFastest(
    URLS,
    (_, signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      ),
    stop.signal,
  );
  stop.abort(reason);
  assertEquals(await assertRejects(() => dialing), reason);
});

Deno.test("dialFastest() gives a mistake of the program before what servers say", async () => {
  const mistake = new TypeError("a mistake");
  const errors = [new TunnelError("auth", "no"), mistake];
  const last = new TunnelError("refused", "no");
  const error = await assertRejects(() =>
    dialFastest(URLS, () => Promise.reject(errors.shift() ?? last), NEVER)
  );
  assertEquals(error, mistake);
});
