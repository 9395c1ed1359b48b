import { assert, assertEquals } from "@std/assert";
import { randomBytes, seededRandom } from "../net/_random.ts";
import { HAS_IPV6 } from "../net/_backends.ts";
import { onStage, type Stage, testVariants } from "./_stage.ts";

const MIB = 1024 * 1024;
const BIG = randomBytes(seededRandom(20), 20 * MIB);
const HAS_CURL = await new Deno.Command("curl", {
  args: ["--version"],
  stdout: "null",
}).output().then(({ success }) => success, () => false);

async function sha256(bytes: BufferSource): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Answers `/big` with bytes, a POST with their digest, others with their path. */
async function withOrigin(
  hostname: string,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const origin = Deno.serve(
    { hostname, port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (request.method === "POST") {
        return new Response(await sha256(await request.arrayBuffer()));
      }
      return new Response(pathname === "/big" ? BIG : pathname);
    },
  );
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  try {
    await run(`http://${host}:${origin.addr.port}`);
  } finally {
    await origin.shutdown();
  }
}

async function curl(
  args: string[],
  input?: Uint8Array<ArrayBuffer>,
): Promise<{ code: number; body: Uint8Array<ArrayBuffer>; text: string }> {
  const child = new Deno.Command("curl", {
    args: ["--silent", "--show-error", "--max-time", "30", ...args],
    stdin: input ? "piped" : "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input) {
    const writer = child.stdin.getWriter();
    await writer.write(input);
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder().decode(code === 0 ? stdout : stderr);
  return { code, body: stdout, text };
}

function testCurl(
  name: string,
  run: (stage: Stage, ways: readonly string[][]) => Promise<void>,
  options?: { username: string; password: string },
): void {
  testVariants(`startClient() ${name}`, (variant) => {
    if (!HAS_CURL) {
      // deno-lint-ignore no-console -- the reason belongs to the test's output
      console.log("skipped: there is no curl");
      return Promise.resolve();
    }
    return onStage(variant, (stage) => {
      const proxy = `127.0.0.1:${stage.socksPort}`;
      return run(stage, [["--socks5", proxy], ["--socks5-hostname", proxy]]);
    }, options);
  });
}

testCurl(
  "serves curl with IP addresses and names",
  (_stage, ways) =>
    withOrigin("127.0.0.1", async (url) => {
      const byName = url.replace("127.0.0.1", "localhost");
      for (const way of ways) {
        for (const base of [url, byName]) {
          const { code, text } = await curl([...way, `${base}/path`]);
          assertEquals([code, text], [0, "/path"]);
        }
      }
    }),
);

testCurl(
  "carries 20 MB in both directions",
  (_stage, ways) =>
    withOrigin("127.0.0.1", async (url) => {
      const expected = await sha256(BIG);
      const down = await curl([...ways[0]!, `${url}/big`]);
      assertEquals(down.code, 0);
      assertEquals(await sha256(down.body), expected);
      const up = await curl(
        [...ways[1]!, "--data-binary", "@-", `${url}/up`],
        BIG,
      );
      assertEquals([up.code, up.text], [0, expected]);
    }),
);

testCurl(
  "serves 50 requests at once",
  (_stage, ways) =>
    withOrigin("127.0.0.1", async (url) => {
      const { code, text } = await curl([
        ...["--parallel", "--parallel-immediate", "--parallel-max", "50"],
        ...[...ways[1]!, `${url}/[101-150]`],
      ]);
      assertEquals(code, 0, text);
      const answered = (text.match(/\/\d{3}/g) ?? []).sort();
      assertEquals(
        answered,
        Array.from({ length: 50 }, (_, index) => `/${101 + index}`),
      );
    }),
);

testCurl("serves curl with an IPv6 origin", async (_stage, ways) => {
  if (!HAS_IPV6) return;
  await withOrigin("::1", async (url) => {
    for (const way of ways) {
      const { code, text } = await curl([...way, `${url}/six`]);
      assertEquals([code, text], [0, "/six"]);
    }
  });
});

testCurl(
  "lets in who has the password, and nobody else",
  (_stage, ways) =>
    withOrigin("127.0.0.1", async (url) => {
      for (const way of ways) {
        const right = await curl([...way, "--proxy-user", "u:p", `${url}/in`]);
        assertEquals([right.code, right.text], [0, "/in"]);
        for (const wrong of ["u:q", "v:p", "u:pp"]) {
          const { code } = await curl([...way, "--proxy-user", wrong, url]);
          assertEquals(code, 97, wrong);
        }
        const { code, text } = await curl([...way, url]);
        assert(code !== 0, text);
      }
    }),
  { username: "u", password: "p" },
);
