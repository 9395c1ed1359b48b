import { assertEquals, assertRejects } from "@std/assert";
import { TunnelError, type TunnelErrorCode } from "../../lib/base/errors.ts";
import type { Target as Address } from "../../lib/base/address.ts";
import { refusalError } from "../../lib/session/peer_errors.ts";
import type { Backend } from "../../lib/net/backend.ts";
import { fastOpenSupport, wasAttempted } from "../../lib/net/fast_open.ts";
import { join, readExactly, Target, writeAll } from "../e2e/_app.ts";
import { testCases, testOnEpoll } from "../net/_backends.ts";
import { EventConn } from "../net/_event_conn.ts";
import { bytesOf, follow, type Step, through } from "./_proxies.ts";

const NAME = { host: "example.com", port: 443 };
const GREETING = bytesOf([5, 1, 0]);
const BY_NAME = bytesOf([5, 1, 0, 3, 11], "example.com", [1, 187]);
const ADDRESS = [1, 0, 0, 0, 0, 0, 0];
const OK = bytesOf([5, 0, 0], ADDRESS);
const LOGIN = bytesOf([1, 2], "me", [4], "p@ss");

function connectHead(authority: string, ...fields: string[]): Uint8Array {
  return bytesOf(
    [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`, ...fields, "", ""]
      .join("\r\n"),
  );
}

const HTTP_OK = bytesOf("HTTP/1.1 200 Connection established\r\n\r\n");
const HTTP_LONG_OK = bytesOf(
  "HTTP/1.0 204 \r\nVia: a\r\nContent-Length: 7\r\n\r\n",
);
const HTTP_BARE_OK = bytesOf("HTTP/1.1 200\nServer: x\r\n\n");
const BASIC = "Proxy-Authorization: Basic bWU6cEBzcw==";

interface Good {
  name: string;
  url: string;
  target: Address;
  script: Step[];
}

const GOOD: Good[] = [
  {
    name: "SOCKS5, a name",
    url: "socks5://",
    target: NAME,
    script: [
      { takes: GREETING },
      { gives: bytesOf([5, 0]) },
      { takes: BY_NAME },
      { gives: OK },
    ],
  },
  {
    name: "SOCKS5, IPv4 with a password",
    url: "socks5://me:p%40ss@",
    target: { host: "192.0.2.1", port: 80 },
    script: [
      { takes: bytesOf([5, 1, 2]) },
      { gives: bytesOf([5, 2]) },
      { takes: LOGIN },
      { gives: bytesOf([1, 0]) },
      { takes: bytesOf([5, 1, 0, 1, 192, 0, 2, 1, 0, 80]) },
      { gives: OK },
    ],
  },
  {
    name: "SOCKS5, IPv6 and a reply with a name",
    url: "socks5://",
    target: { host: "2001:db8::1", port: 80 },
    script: [
      { takes: GREETING },
      { gives: bytesOf([5, 0]) },
      {
        takes: bytesOf(
          [5, 1, 0, 4, 0x20, 1, 0xd, 0xb8],
          new Array(11).fill(0),
          [1, 0, 80],
        ),
      },
      { gives: bytesOf([5, 0, 0, 3, 3], "abc", [0, 0]) },
    ],
  },
  {
    name: "SOCKS5, a reply with IPv6",
    url: "socks5://",
    target: NAME,
    script: [
      { takes: GREETING },
      { gives: bytesOf([5, 0]) },
      { takes: BY_NAME },
      { gives: bytesOf([5, 0, 0, 4], new Array(18).fill(9)) },
    ],
  },
  {
    name: "CONNECT, a name",
    url: "http://",
    target: NAME,
    script: [{ takes: connectHead("example.com:443") }, { gives: HTTP_OK }],
  },
  {
    name: "CONNECT with a password, a head with more fields",
    url: "http://me:p%40ss@",
    target: NAME,
    script: [
      { takes: connectHead("example.com:443", BASIC) },
      { gives: HTTP_LONG_OK },
    ],
  },
  {
    name: "CONNECT, IPv6, lines that end without CR",
    url: "http://",
    target: { host: "2001:db8::1", port: 80 },
    script: [
      { takes: connectHead("[2001:db8::1]:80") },
      { gives: HTTP_BARE_OK },
    ],
  },
];

/** Puts `behind` into the same segment as the last answer, or sends all singly. */
function variantOf(
  script: readonly Step[],
  behind: Uint8Array,
  singly: boolean,
): Step[] {
  return script.map((step, index) => {
    if (!("gives" in step)) return step;
    const last = index === script.length - 1;
    return { gives: last ? join(step.gives, behind) : step.gives, singly };
  });
}

async function exchange(
  backend: Backend,
  { url, target, script }: Good,
  singly: boolean,
): Promise<void> {
  // The target's own first words come right behind the proxy's consent.
  const banner = bytesOf("220 ready\r\n\r\n");
  const steps = variantOf(script, banner, singly);
  await using proxy = new Target((conn) => follow(conn, steps));
  const dialer = through(backend, `${url}127.0.0.1:${proxy.port}`);
  const first = bytesOf("GET / HTTP/1.1\r\n\r\n");
  const { conn, sent } = await dialer.dial(target, { first });
  assertEquals(sent, 0);
  const events = new EventConn(conn);
  assertEquals(await events.readBytes(banner.length), banner);
  await events.writeAll(first);
  events.closeWrite();
  assertEquals(await events.readAll(), first);
  events.close();
}

testCases(GOOD.flatMap((good) =>
  [false, true].map((singly) => ({
    name: `[65] UpstreamProxyDialer speaks ${good.name}` +
      (singly ? ", byte by byte" : ", with data in the segment of the answer"),
    run: (backend: Backend) => exchange(backend, good, singly),
  }))
));

interface Bad {
  name: string;
  url: string;
  answers: Uint8Array[];
  code: TunnelErrorCode;
  text: string;
}

const METHOD_OK = bytesOf([5, 0]);

function bad(
  name: string,
  code: TunnelErrorCode,
  text: string,
  ...answers: Uint8Array[]
): Bad {
  const http = name.startsWith("CONNECT");
  const url = http ? "http://" : name.includes("login") ? "socks5://a:b@" : "";
  return { name, url: url || "socks5://", answers, code, text };
}

const HTTP = "HTTP/1.1 ";
const BAD: Bad[] = [
  bad("SOCKS5: needs credentials", "denied", "credentials", bytesOf([5, 255])),
  bad("SOCKS5 login: takes none", "denied", "no user name", bytesOf([5, 255])),
  bad("SOCKS5 login: skipped", "protocol", "not offered", METHOD_OK),
  bad(
    "SOCKS5 login: rejected",
    "denied",
    "rejected",
    bytesOf([5, 2]),
    bytesOf([1, 1]),
  ),
  bad("SOCKS5: other version", "protocol", "SOCKS5", bytesOf([4, 0])),
  bad("SOCKS5: an HTTP server", "protocol", "SOCKS5", bytesOf("HTTP/1.1 400")),
  bad("SOCKS5: ends at once", "protocol", "ended", bytesOf([5])),
  ...([
    [1, "failed"],
    [2, "denied"],
    [3, "unreachable"],
    [4, "unreachable"],
    [5, "refused"],
    [6, "timeout"],
    [7, "unsupported"],
    [8, "unsupported"],
    [91, "failed"],
  ] as const).map(([reply, code]) =>
    bad(
      `SOCKS5: reply ${reply} without an address`,
      code,
      `reply ${reply}`,
      METHOD_OK,
      bytesOf([5, reply]),
    )
  ),
  bad("SOCKS5: cut reply", "protocol", "ended", METHOD_OK, OK.slice(0, 9)),
  bad(
    "SOCKS5: unknown address type",
    "protocol",
    "address type",
    METHOD_OK,
    bytesOf([5, 0, 0, 9]),
  ),
  bad("CONNECT: 403", "denied", "403 No", bytesOf(HTTP, "403 No\r\n\r\n")),
  bad("CONNECT: 407", "denied", "407", bytesOf(HTTP, "407\r\n\r\n")),
  bad("CONNECT: 502", "unreachable", "502", bytesOf(HTTP, "502 x\r\n\r\n")),
  bad("CONNECT: 504", "timeout", "504", bytesOf(HTTP, "504 x\r\n\r\n")),
  bad(
    "CONNECT: 500 whose head has 200 in it",
    "failed",
    "500 a?b",
    bytesOf(HTTP, "500 a\u0007b\r\nX: 200\r\n\r\n"),
  ),
  bad("CONNECT: no HTTP", "protocol", "HTTP", bytesOf("SSH-2.0-x\r\n\r\n")),
  bad("CONNECT: cut head", "protocol", "ended", bytesOf(HTTP, "200 OK\r\n")),
  bad(
    "CONNECT: endless head",
    "limit",
    "too long",
    bytesOf(HTTP, "200 OK\r\n", "X: y\r\n".repeat(4000)),
  ),
];

testCases(BAD.map(({ name, url, answers, code, text }) => ({
  name: `UpstreamProxyDialer tells what went wrong, ${name}`,
  async run(backend: Backend) {
    await using proxy = new Target(async (conn) => {
      for (const answer of answers) {
        await conn.read(new Uint8Array(512));
        await writeAll(conn, answer);
      }
      await conn.closeWrite();
      await conn.read(new Uint8Array(512));
    });
    const address = `127.0.0.1:${proxy.port}`;
    const dialer = through(backend, `${url}${address}`);
    const error = await assertRejects(
      () => dialer.dial(NAME),
      TunnelError,
      text,
    );
    assertEquals(error.code, code);
    // The far end of the tunnel has only the text to go by.
    const told = ["protocol", "limit"].includes(code) ? "failed" : code;
    assertEquals(refusalError(error.message).code, told);
    const shown = `upstream proxy ${url.replace("a:b@", "")}${address}: `;
    assertEquals(error.message.startsWith(shown), true, error.message);
  },
})));

testCases([
  {
    name: "UpstreamProxyDialer says that the proxy cannot be reached",
    async run(backend) {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      listener.close();
      const dialer = through(backend, `socks5://127.0.0.1:${port}`);
      const error = await assertRejects(
        () => dialer.dial(NAME),
        TunnelError,
        `cannot reach upstream proxy socks5://127.0.0.1:${port}: `,
      );
      assertEquals(error.code, "refused");
    },
  },
  {
    name:
      "UpstreamProxyDialer gives up a silent proxy with the signal's reason",
    async run(backend) {
      const greeted = Promise.withResolvers<void>();
      const left = Promise.withResolvers<void>();
      await using proxy = new Target(async (conn) => {
        await readExactly(conn, GREETING.length);
        greeted.resolve();
        await conn.read(new Uint8Array(1)).catch(() => {});
        left.resolve();
      });
      const dialer = through(backend, `socks5://127.0.0.1:${proxy.port}`);
      const giveUp = new AbortController();
      const dialing = dialer.dial(NAME, { signal: giveUp.signal });
      await greeted.promise;
      const reason = new TunnelError("timeout", "took too long");
      giveUp.abort(reason);
      assertEquals(await dialing.catch((error) => error), reason);
      await left.promise;
    },
  },
  {
    name: "UpstreamProxyDialer lets no host break out of a CONNECT request",
    async run(backend) {
      const dialer = through(backend, "http://127.0.0.1:1");
      for (const host of ["a\r\nX: y", "a b", "a/b", "a@b", "", "ä"]) {
        const error = await assertRejects(
          () => dialer.dial({ host, port: 1 }),
          TunnelError,
        );
        assertEquals(error.code, "name");
      }
    },
  },
  {
    name: "UpstreamProxyDialer refuses names that SOCKS5 cannot carry",
    async run(backend) {
      const dialer = through(backend, "socks5://127.0.0.1:1");
      for (const host of ["", "x".repeat(256)]) {
        const error = await assertRejects(
          () => dialer.dial({ host, port: 1 }),
          TunnelError,
        );
        assertEquals(error.code, "name");
      }
    },
  },
]);

const CAN_FAST_OPEN = fastOpenSupport().dial.supported;
// deno-lint-ignore no-console -- the reason belongs to the test's output
if (!CAN_FAST_OPEN) console.log("skipped: no TCP Fast Open here");

if (CAN_FAST_OPEN) {
  testOnEpoll(
    "UpstreamProxyDialer puts its first words into the SYN",
    async (backend) => {
      for (const { url, target, script } of GOOD) {
        await using proxy = new Target((conn) => follow(conn, script));
        const dialer = through(backend, `${url}127.0.0.1:${proxy.port}`);
        const { conn } = await dialer.dial(target);
        assertEquals(wasAttempted(conn.fastOpen), true);
        conn.close();
      }
    },
  );
}
