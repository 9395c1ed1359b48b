import { assertEquals } from "@std/assert";
import { startServer } from "../../mod.ts";
import { within } from "../ffi/within.ts";
import { bytesOf, ConnectProxy } from "../dial/_proxies.ts";
import {
  answerAfterEnd,
  askFor,
  echo,
  readAll,
  readExactly,
  Target,
  writeAll,
} from "./_app.ts";
import { Modes, REVERSE_TOKEN } from "../modes/_modes.ts";
import { HAS_IPV6 } from "../net/_backends.ts";
import { hasProgram, type Program, runProxy } from "./_proxy_programs.ts";
import {
  onStage,
  type Stage,
  testVariants,
  TOKEN,
  type Variant,
} from "./_stage.ts";

const LOCAL = "127.0.0.1";
const HELLO = new TextEncoder().encode("hello through two proxies");

const HOSTS = [LOCAL, "localhost", ...(HAS_IPV6 ? ["::1"] : [])];

/** Questions and answers through both, and a target that speaks first. */
async function exchange(
  { socksPort }: Pick<Stage, "socksPort">,
): Promise<void> {
  for (const host of HOSTS) {
    const listenOn = host === "::1" ? host : LOCAL;
    await using target = new Target(async (conn) => {
      await writeAll(conn, HELLO);
      await echo(conn);
    }, listenOn);
    const { conn, reply } = await askFor(socksPort, host, target.port);
    assertEquals(reply, 0, host);
    assertEquals(await readExactly(conn, HELLO.length), HELLO, host);
    for (let i = 0; i < 3; i++) {
      await writeAll(conn, HELLO);
      assertEquals(await readExactly(conn, HELLO.length), HELLO, host);
    }
    conn.close();
  }
}

/** An end that is passed on: not all proxies do that. */
async function exchangeEnds({ socksPort }: Stage): Promise<void> {
  await using target = new Target(answerAfterEnd);
  const { conn, reply } = await askFor(socksPort, LOCAL, target.port);
  assertEquals(reply, 0);
  await writeAll(conn, HELLO);
  await conn.closeWrite();
  assertEquals(await readAll(conn), HELLO);
}

/** A stage whose server dials through `upstreamProxy`. */
function onStageBehind(
  variant: Variant,
  upstreamProxy: string,
  run: (stage: Stage) => Promise<void>,
): Promise<void> {
  return onStage(variant, run, {}, { upstreamProxy });
}

for (const scheme of ["socks5", "http"]) {
  for (const login of [undefined, { username: "me", password: "p@ss:/" }]) {
    const who = login ? "with a password" : "without credentials";
    const name =
      `[65] a server dials through a client of ours, ${scheme} ${who}`;
    testVariants(name, (variant) => {
      const at = login ? "me:p%40ss%3A%2F@" : "";
      return onStage(
        { ...variant, optimistic: false },
        ({ socksPort }) => {
          const url = `${scheme}://${at}${LOCAL}:${socksPort}`;
          return onStageBehind(variant, url, async (stage) => {
            await exchange(stage);
            await exchangeEnds(stage);
          });
        },
        login ?? {},
      );
    });
  }
}

testVariants("a provider dials through a proxy", async (variant) => {
  const { backend } = variant;
  await using proxy = new ConnectProxy();
  await using modes = await Modes.start(variant, {
    backend,
    reverse: { token: REVERSE_TOKEN },
  });
  await modes.provider({ upstreamProxy: `http://${LOCAL}:${proxy.port}` });
  await exchange({ socksPort: await modes.socksPort() });
  assertEquals(proxy.heads.length, HOSTS.length);
}, ({ optimistic }) => !optimistic);

const PROGRAMS: readonly [Program, scheme: string, login: boolean][] = [
  ["microsocks", "socks5", false],
  ["microsocks", "socks5", true],
  ["tinyproxy", "http", false],
  ["tinyproxy", "http", true],
];

for (const [program, scheme, login] of PROGRAMS) {
  const there = hasProgram(program);
  // deno-lint-ignore no-console -- the reason belongs to the test's output
  if (!there) console.log(`skipped: there is no ${program}`);
  const who = login ? " with a password" : "";
  testVariants(
    `[65] a server dials through ${program}${who}`,
    async (variant) => {
      const credentials = login
        ? { username: "me", password: "word" }
        : undefined;
      await using proxy = await runProxy(program, credentials);
      const at = login ? "me:word@" : "";
      const url = `${scheme}://${at}${LOCAL}:${proxy.port}`;
      await onStageBehind(variant, url, exchange);
      if (!login || variant.optimistic) return;
      // Without the password it lets nobody through.
      const stranger = `${scheme}://${LOCAL}:${proxy.port}`;
      await onStageBehind(variant, stranger, async ({ socksPort }) => {
        const { conn, reply } = await askFor(socksPort, LOCAL, 1);
        assertEquals(reply !== 0, true);
        conn.close();
      });
    },
    () => there,
  );
}

testVariants(
  "[65] a target's words in the segment of the proxy's answer arrive",
  async (variant) => {
    const answer = bytesOf("HTTP/1.1 200 OK\r\n\r\n", "220 ready\r\n");
    await using proxy = new Target(async (conn) => {
      let head = "";
      while (!head.endsWith("\r\n\r\n")) {
        head += new TextDecoder().decode(await readExactly(conn, 1));
      }
      await writeAll(conn, answer);
      await conn.readable.pipeTo(conn.writable);
    });
    const url = `http://${LOCAL}:${proxy.port}`;
    await onStageBehind(variant, url, async ({ socksPort }) => {
      const { conn, reply } = await askFor(socksPort, "mail.test", 25);
      assertEquals(reply, 0);
      assertEquals(await readExactly(conn, 11), bytesOf("220 ready\r\n"));
      await writeAll(conn, HELLO);
      assertEquals(await readExactly(conn, HELLO.length), HELLO);
      conn.close();
    });
  },
);

testVariants("a proxy's refusal reaches the app", async (variant) => {
  await using proxy = new Target(async (conn) => {
    await conn.read(new Uint8Array(512));
    await writeAll(conn, bytesOf("HTTP/1.1 403 Forbidden\r\n\r\nno"));
  });
  const url = `http://${LOCAL}:${proxy.port}`;
  await onStageBehind(variant, url, async ({ socksPort }) => {
    const { conn, reply } = await askFor(socksPort, "x.test", 80);
    assertEquals(reply, 2);
    conn.close();
  });
}, ({ optimistic }) => !optimistic);

Deno.test("a server names the option whose proxy it cannot use", async () => {
  const options = { token: TOKEN, hostname: LOCAL, port: 0 };
  const error = await within(
    startServer({ ...options, upstreamProxy: "ftp://h" }).catch((one) => one),
  );
  assertEquals(error.field, "upstreamProxy");
});
