import { assert, assertEquals } from "@std/assert";
import { close, dialSocks, readAll, Target, writeAll } from "./_app.ts";
import { onStage, type Stage, testVariants } from "./_stage.ts";

const HAS_CURL = await new Deno.Command("curl", {
  args: ["--version"],
  stdout: "null",
}).output().then(({ success }) => success, () => false);
const BIG = "0123456789abcdef".repeat(1 << 16);
const ENCODER = new TextEncoder();

/** How curl is told to use the one port, by the kind of proxy. */
const KINDS: Readonly<Record<string, (proxy: string) => string[]>> = {
  socks5: (proxy) => ["--socks5", proxy],
  socks5Hostname: (proxy) => ["--socks5-hostname", proxy],
  socks4: (proxy) => ["--socks4", proxy],
  socks4a: (proxy) => ["--socks4a", proxy],
  connect: (proxy) => ["--proxytunnel", "--proxy", `http://${proxy}`],
  http: (proxy) => ["--proxy", `http://${proxy}`],
};
const LOGIN = { username: "u", password: "p" };

async function curl(
  args: string[],
  input?: string,
): Promise<{ code: number; text: string }> {
  const child = new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--max-time", "20", ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // Both at once: what comes back early would stop curl, and so us.
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(ENCODER.encode(input ?? ""));
  await writer.close();
  const { code, stdout, stderr } = await output;
  return { code, text: new TextDecoder().decode(code === 0 ? stdout : stderr) };
}

function testCurl(
  name: string,
  run: (stage: Stage, proxy: string) => Promise<void>,
  options?: typeof LOGIN,
): void {
  testVariants(`one port ${name}`, (variant) => {
    if (!HAS_CURL) {
      // deno-lint-ignore no-console -- the reason belongs to the test's output
      console.log("skipped: there is no curl");
      return Promise.resolve();
    }
    return onStage(
      variant,
      (stage) => run(stage, `127.0.0.1:${stage.socksPort}`),
      options,
    );
  });
}

/** Answers a POST with its body, others with their path and what came along. */
async function withOrigin(run: (url: string) => Promise<void>): Promise<void> {
  const origin = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname, host } = new URL(request.url);
      if (request.method === "POST") return new Response(request.body);
      const secret = request.headers.get("proxy-authorization") ?? "none";
      return new Response(`${host}${pathname} ${secret}`);
    },
  );
  try {
    await run(`127.0.0.1:${origin.addr.port}`);
  } finally {
    await origin.shutdown();
  }
}

testCurl(
  "serves every kind of proxy",
  (_stage, proxy) =>
    withOrigin(async (host) => {
      for (const [kind, argsFor] of Object.entries(KINDS)) {
        const way = argsFor(proxy);
        for (const name of [host, host.replace("127.0.0.1", "localhost")]) {
          const got = await curl([...way, `http://${name}/path`]);
          assertEquals(got, { code: 0, text: `${name}/path none` }, kind);
        }
        const bodies = [["--data-binary", "@-"], [
          "--upload-file",
          "-",
          "-XPOST",
        ]];
        for (const body of bodies) {
          const up = await curl([...way, ...body, `http://${host}/`], BIG);
          assertEquals(up.code, 0, `${kind}: ${up.text}`);
          assert(up.text === BIG, kind);
        }
      }
    }),
);

testCurl("lets in who has the password, by every kind that has one", (
  _stage,
  proxy,
) =>
  withOrigin(async (host) => {
    const url = `http://${host}/in`;
    const refusal: Record<string, number> = { connect: 22, http: 22 };
    for (const [kind, argsFor] of Object.entries(KINDS)) {
      const way = ["--fail", ...argsFor(proxy)];
      const right = await curl([...way, "--proxy-user", "u:p", url]);
      if (kind.startsWith("socks4")) {
        assertEquals(right.code, 97, kind);
      } else {
        assertEquals(right, { code: 0, text: `${host}/in none` }, kind);
      }
      const wrong = await curl([...way, "--proxy-user", "u:q", url]);
      assertEquals(wrong.code, refusal[kind] ?? 97, kind);
      const without = await curl([...way, url]);
      assert(without.code !== 0, kind);
    }
    // Asks first, then comes again with what the answer asked for.
    for (const kind of ["connect", "http"] as const) {
      const again = await curl([
        ...[...KINDS[kind]!(proxy), "--proxy-anyauth"],
        ...["--proxy-user", "u:p", url],
      ]);
      assertEquals(again, { code: 0, text: `${host}/in none` }, kind);
    }
  }), LOGIN);

testCurl("tells browsers why a target was not reached", async (
  { client },
  proxy,
) => {
  // Free a moment ago.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  listener.close();
  const args = ["--write-out", "%{http_code}", ...KINDS.http!(proxy), url];
  const { code, text } = await curl(args);
  assertEquals(code, 0);
  assert(text.endsWith("refused the connection.\n502"), text);
  assertEquals(client.counters.count("lateFailure"), 0);
});

testVariants("a second request on a conn never reaches the first target", (
  variant,
) =>
  onStage(variant, async ({ socksPort }) => {
    const seen: string[] = [];
    // Keeps its conns open, whatever it was asked.
    await using target = new Target(async (conn) => {
      const buffer = new Uint8Array(1000);
      for (;;) {
        const count = await conn.read(buffer);
        if (count === null) return;
        seen.push(new TextDecoder().decode(buffer.subarray(0, count)));
        await writeAll(
          conn,
          ENCODER.encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        );
      }
    });
    const conn = await dialSocks(socksPort);
    const base = `http://127.0.0.1:${target.port}`;
    await writeAll(conn, ENCODER.encode(`GET ${base}/a HTTP/1.1\r\n\r\n`));
    const buffer = new Uint8Array(1000);
    const count = await conn.read(buffer);
    const answer = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
    assert(answer.endsWith("ok"), answer);
    await writeAll(
      conn,
      ENCODER.encode("GET http://other.example/ HTTP/1.1\r\nCookie: x\r\n\r\n"),
    );
    // The target sees the end and closes; the app would ask on a new conn.
    assertEquals((await readAll(conn)).length, 0);
    close(conn);
    assertEquals(seen, [
      `GET /a HTTP/1.1\r\nHost: 127.0.0.1:${target.port}\r\n` +
      "Connection: close\r\n\r\n",
    ]);
  }));
