import { assert, assertEquals } from "@std/assert";
import { encodeMessage } from "../../lib/wire/encode.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import type { Message } from "../../lib/wire/messages.ts";
import { hashToken } from "../../lib/wire/token.ts";
import { MAX_MESSAGE_BYTES } from "../../lib/wire/limits.ts";
import { Target, writeAll } from "./_app.ts";
import { FRAME, RawWebSocket } from "./_raw_web_socket.ts";
import { onStage, testVariants, TOKEN, type Variant } from "./_stage.ts";

const LOCAL = "127.0.0.1";
const BINARY = FRAME.end | FRAME.binary;
const OK = new Uint8Array([1, 2, 1]);

function newId(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(16));
}

/** Gives an admitted client to `run`; the server's `-f` is that of the variant. */
function withClient(
  variant: Variant,
  run: (socket: RawWebSocket) => Promise<void>,
): Promise<void> {
  return onStage(
    variant,
    async ({ server }) => {
      const path = `/socket?token=${await hashToken(TOKEN)}&reverse=false`;
      using socket = await RawWebSocket.open(server.addr.port, path);
      assertEquals(await socket.nextMessage(), OK);
      await run(socket);
    },
    {},
    { optimistic: variant.optimistic },
  );
}

testVariants(
  "[6] [7] a server says why it refuses a token, and closes",
  (variant) =>
    onStage(variant, async ({ server: { addr } }) => {
      const hash = await hashToken(TOKEN);
      const other = await hashToken("another");
      const cases = [
        [`token=${hash.slice(1)}`, "invalid token format"],
        [`token=${other}`, "invalid token"],
        [`token=${hash.toUpperCase()}`, "invalid token"],
        [`token=${hash}&reverse=true`, "invalid token"],
        [`token=${hash}&reverse=1`, "invalid token"],
        [`token=${hash}`, undefined],
      ] as const;
      for (const [query, error] of cases) {
        using socket = await RawWebSocket.open(addr.port, `/socket?${query}`);
        const answer = decodeMessage((await socket.nextMessage())!);
        assert(answer.type === "authResponse", answer.type);
        assertEquals(answer.ok ? undefined : answer.error, error, query);
        if (!error) continue;
        assertEquals(await socket.nextMessage(), undefined, query);
      }
    }),
  ({ optimistic }) => !optimistic,
);

testVariants(
  "[27] [40] a server with and without -f answers CONNECT in the same way",
  (variant) =>
    withClient(variant, async (socket) => {
      await using target = new Target((conn) => writeAll(conn, OK));
      using taken = Deno.listen({ hostname: LOCAL, port: 0 });
      const { port: closed } = taken.addr;
      taken.close();
      for (const port of [closed, target.port]) {
        const id = newId();
        const host = LOCAL;
        const connect = { type: "connect", protocol: "tcp", id, host, port };
        await socket.frame(BINARY, encodeMessage(connect as Message));
        const bytes = (await socket.nextMessage())!;
        const answer = decodeMessage(bytes);
        assert(answer.type === "connectResponse", answer.type);
        assertEquals([answer.ok, answer.id], [port !== closed, id]);
        assertEquals(answer.ok || answer.error !== "", true);
        if (answer.ok) assertEquals(bytes.length, 19);
      }
      assertEquals(
        decodeMessage((await socket.nextMessage())!).type,
        "data",
      );
      assertEquals(
        decodeMessage((await socket.nextMessage())!).type,
        "disconnect",
      );
    }),
);

testVariants(
  "[17] a server closes at a message above its limit",
  (variant) =>
    withClient(variant, async (socket) => {
      // Whole, in frames of 8 MiB: some servers look at the sum only.
      const piece = new Uint8Array(MAX_MESSAGE_BYTES / 4);
      const sent = (async () => {
        for (let frame = 0; frame < 5; frame++) {
          const opcode = frame === 0 ? FRAME.binary : 0;
          const end = frame === 4 ? FRAME.end : FRAME.more;
          await socket.frame(end | opcode, piece);
        }
      })().catch(() => {});
      let frame = await socket.next();
      while (frame && frame.first !== FRAME.close) frame = await socket.next();
      await sent;
      assertEquals(frame?.first, FRAME.close);
      assertEquals([...frame!.payload.subarray(0, 2)], [1009 >> 8, 1009 & 255]);
    }),
  ({ optimistic }) => !optimistic,
);
