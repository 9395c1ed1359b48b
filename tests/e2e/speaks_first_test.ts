import { assert, assertEquals } from "@std/assert";
import { askFor, echo, readExactly, Target, writeAll } from "./_app.ts";
import { onStage, testVariants } from "./_stage.ts";

const LOCAL = "127.0.0.1";
const BANNER = new TextEncoder().encode("220 ready\r\n");
/** So long an entry waits for the first bytes of an app. */
const WAIT_MS = 2;

async function kept(dir: string): Promise<unknown> {
  const text = await Deno.readTextFile(`${dir}/fast_open-client.json`);
  return JSON.parse(text).speaksFirst;
}

testVariants(
  "startClient() waits once for an app of a target that speaks first",
  async (variant) => {
    const stateDir = await Deno.makeTempDir();
    try {
      const greet = (conn: Deno.TcpConn) => writeAll(conn, BANNER);
      await using target = new Target(greet);
      /** Until the banner has come, in milliseconds. */
      const visit = async (socksPort: number): Promise<number> => {
        const { conn } = await askFor(socksPort, LOCAL, target.port);
        const began = performance.now();
        await readExactly(conn, BANNER.length);
        conn.close();
        return performance.now() - began;
      };
      await onStage(variant, async ({ socksPort }) => {
        const first = await visit(socksPort);
        const later: number[] = [];
        for (let i = 0; i < 50; i++) later.push(await visit(socksPort));
        later.sort((a, b) => a - b);
        // deno-lint-ignore no-console -- the figures belong to the output
        console.log(
          `first ${first.toFixed(2)} ms, later ${later[0]!.toFixed(2)} to ` +
            `${later.at(-1)!.toFixed(2)} ms, median ${
              later[25]!.toFixed(2)
            } ms`,
        );
        assert(later[0]! < WAIT_MS);
      }, { stateDir });
      assertEquals(await kept(stateDir), [`${LOCAL}:${target.port}`]);
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
  ({ optimistic }) => optimistic,
);

testVariants(
  "startClient() forgets a target that lets its app speak first",
  async (variant) => {
    const stateDir = await Deno.makeTempDir();
    try {
      const answer = async (conn: Deno.TcpConn) => {
        await readExactly(conn, 1);
        await writeAll(conn, BANNER);
      };
      await using target = new Target(answer);
      await Deno.writeTextFile(
        `${stateDir}/fast_open-client.json`,
        JSON.stringify({
          version: 1,
          networks: [],
          targets: [],
          speaksFirst: ["h:1", `${LOCAL}:${target.port}`],
        }),
      );
      await onStage(variant, async ({ socksPort }) => {
        const { conn } = await askFor(socksPort, LOCAL, target.port);
        await writeAll(conn, new Uint8Array(1));
        assertEquals(await readExactly(conn, BANNER.length), BANNER);
        conn.close();
      }, { stateDir });
      assertEquals(await kept(stateDir), ["h:1"]);
    } finally {
      await Deno.remove(stateDir, { recursive: true });
    }
  },
  ({ optimistic }) => optimistic,
);

/** What an app does before it speaks; more than an entry waits for it at first. */
const THINK_MS = 8;
const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");
const MAX_VISITS = 20;

testVariants(
  "startClient() waits longer for an app that is known to speak first",
  async (variant) => {
    await using target = new Target(echo);
    await onStage(variant, async ({ socksPort, server }) => {
      const visit = async (): Promise<void> => {
        const { conn } = await askFor(socksPort, LOCAL, target.port);
        await new Promise((resolve) => setTimeout(resolve, THINK_MS));
        await writeAll(conn, REQUEST);
        assertEquals(await readExactly(conn, REQUEST.length), REQUEST);
        conn.close();
      };
      const withoutData = () =>
        server.counters.count("syn", { hop: "target", result: "off" });
      await visit();
      assertEquals(withoutData(), 1);
      // A busy machine may think longer than that.
      let visits = 1;
      while (withoutData() === visits && visits < MAX_VISITS) {
        await visit();
        visits++;
      }
      assert(withoutData() < visits);
    });
  },
  ({ optimistic, backend }) => optimistic && backend === "epoll",
);
