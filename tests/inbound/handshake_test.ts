import { assert, assertEquals } from "@std/assert";
import { Handshake } from "../../lib/inbound/handshake.ts";
import type { InboundRequest } from "../../lib/inbound/request.ts";
import type { Backend } from "../../lib/net/backend.ts";
import { END, IGNORE } from "../../lib/net/conn.ts";
import { testCases } from "../net/_backends.ts";
import { connPair } from "../net/_acceptor.ts";
import type { EventConn } from "../net/_event_conn.ts";
import { between, randomBytes, seededRandom } from "../net/_random.ts";
import type { Admission } from "../../lib/inbound/protocol.ts";

const ENCODER = new TextEncoder();
const LOGIN = {
  username: ENCODER.encode("u"),
  password: ENCODER.encode("p:ä"),
};
/** An app and what its handshake comes to; nothing if it fails. */
interface Asked {
  app: EventConn;
  outcome: Promise<InboundRequest | undefined>;
}

async function begin(
  backend: Backend,
  admission: Admission = {},
): Promise<Asked> {
  const [app, { conn }] = await connPair(backend);
  const { promise, resolve } = Promise.withResolvers<
    InboundRequest | undefined
  >();
  new Handshake(conn, {
    ...admission,
    requested: resolve,
    failed: () => resolve(undefined),
  }).start();
  return { app, outcome: promise };
}

function bytesOf(text: string | number[]): Uint8Array {
  return typeof text === "string" ? ENCODER.encode(text) : new Uint8Array(text);
}

/** Writes each byte alone; the other end may see them together all the same. */
async function writeSlowly(app: EventConn, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    await app.writeAll(new Uint8Array([byte]));
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const BASIC = btoa(String.fromCharCode(...ENCODER.encode("u:p:ä")));
const CONNECT = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n";
const NAME_A = [...ENCODER.encode("a.example")];

const GOOD: readonly {
  name: string;
  sent: Uint8Array;
  first: string;
  answer: number[] | string;
  login?: boolean;
}[] = [
  {
    name: "SOCKS5",
    sent: bytesOf([5, 1, 0, 5, 1, 0, 3, 9, ...NAME_A, 1, 187, 104, 105]),
    first: "hi",
    answer: [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "SOCKS5 with a login",
    sent: bytesOf([
      ...[5, 1, 2, 1, 1, 117, 4, 112, 58, 0xc3, 0xa4],
      ...[5, 1, 0, 3, 9, ...NAME_A, 1, 187],
    ]),
    first: "",
    answer: [5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0],
    login: true,
  },
  {
    name: "SOCKS4a",
    sent: bytesOf([4, 1, 1, 187, 0, 0, 0, 1, 0, ...NAME_A, 0, 104, 105]),
    first: "hi",
    answer: [0, 0x5a, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "CONNECT",
    sent: bytesOf(`${CONNECT}\r\nhi`),
    first: "hi",
    answer: "HTTP/1.1 200 Connection established\r\n\r\n",
  },
  {
    name: "CONNECT with a login",
    sent: bytesOf(`${CONNECT}Proxy-Authorization: bAsIc ${BASIC}\r\n\r\n`),
    first: "",
    answer: "HTTP/1.1 200 Connection established\r\n\r\n",
    login: true,
  },
  {
    name: "plain HTTP",
    sent: bytesOf(
      "POST http://a.example:443/x HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
    ),
    first: "POST /x HTTP/1.1\r\nHost: a.example:443\r\n" +
      "Content-Length: 2\r\nConnection: close\r\n\r\nhi",
    answer: [],
  },
];

testCases(GOOD.map(({ name, sent, first, answer, login }) => ({
  name: `Handshake understands ${name}`,
  async run(backend: Backend): Promise<void> {
    for (const write of ["whole", "slowly"]) {
      const { app, outcome } = await begin(
        backend,
        login ? { login: LOGIN } : {},
      );
      // What comes behind the request would stay unread, and `close` be a reset.
      const bytes = write === "slowly" && first.endsWith("hi")
        ? sent.subarray(0, -2)
        : sent;
      if (write === "whole") await app.writeAll(bytes);
      else await writeSlowly(app, bytes);
      const request = await outcome;
      assert(request?.kind === "tcp");
      assertEquals(request.target, { host: "a.example", port: 443 });
      const got = new TextDecoder().decode(request.first);
      if (write === "whole") assertEquals(got, first);
      else assert(first.startsWith(got));
      request.succeed();
      assertEquals(request.silent, answer.length === 0);
      request.conn.close();
      assertEquals(await app.readAll(), bytesOf(answer));
      app.close();
    }
  },
})));

testCases([{
  name: "Handshake tells each kind of app in its words why not",
  async run(backend) {
    const cases: readonly [
      sent: Uint8Array,
      failure: "refused" | "noAnswer" | "denied" | "unavailable",
      answer: RegExp | number[],
    ][] = [
      [GOOD[0]!.sent, "refused", [5, 0, 5, 5, 0, 1, 0, 0, 0, 0, 0, 0]],
      [GOOD[0]!.sent, "noAnswer", [5, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0]],
      [GOOD[2]!.sent, "refused", [0, 0x5b, 0, 0, 0, 0, 0, 0]],
      [GOOD[3]!.sent, "refused", /^HTTP\/1.1 502 [^]*\r\nConnection: close\r/],
      [GOOD[3]!.sent, "noAnswer", /^HTTP\/1.1 504 /],
      [GOOD[5]!.sent, "denied", /^HTTP\/1.1 403 /],
      [GOOD[5]!.sent, "unavailable", /^HTTP\/1.1 503 [^]*\r\n\r\n.+\n$/],
      [bytesOf("HEAD http://a/ HTTP/1.1\r\n\r\n"), "refused", /\r\n\r\n$/],
    ];
    for (const [sent, failure, answer] of cases) {
      const { app, outcome } = await begin(backend);
      await app.writeAll(sent);
      (await outcome)!.fail(failure);
      const got = await app.readAll();
      if (answer instanceof RegExp) {
        assert(answer.test(new TextDecoder().decode(got)), `${answer}`);
      } else {
        assertEquals([...got], answer);
      }
      app.close();
    }
  },
}, {
  name: "Handshake refuses",
  async run(backend) {
    const long = `GET http://a/ HTTP/1.1\r\nA: ${"b".repeat(70_000)}`;
    const wrong = "Proxy-Authorization: Basic dTpx\r\n";
    const cases: readonly [
      what: string | number[],
      answer: RegExp | number[],
      login?: boolean,
    ][] = [
      [[22, 3, 1], [5, 1, 0, 1, 0, 0, 0, 0, 0, 0]],
      [[4, 2, 0, 80, 1, 1, 1, 1, 0], [0, 0x5b, 0, 0, 0, 0, 0, 0]],
      [[4, 1, 0, 80, 1, 1, 1, 1, 0], [0, 0x5b, 0, 0, 0, 0, 0, 0], true],
      [[5, 1, 0], [5, 255], true],
      [[5, 1, 0, 5, 2, 0, 1, 1, 1, 1, 1, 0, 80], [
        ...[5, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0],
      ]],
      [[5, 1, 0, 5, 3, 0, 1, 1, 1, 1, 1, 0, 80], [
        ...[5, 0, 5, 7, 0, 1, 0, 0, 0, 0, 0, 0],
      ]],
      ["GET / HTTP/1.1\r\n\r\n", /^HTTP\/1.1 400 /],
      ["GET / HTTP/1.1\n\n", /^HTTP\/1.1 400 /],
      [long, /^HTTP\/1.1 431 /],
      [`${CONNECT}\r\n`, /^HTTP\/1.1 407 [^]*Proxy-Authenticate: Basic /, true],
      [`${CONNECT}${wrong}\r\n`, /^HTTP\/1.1 407 /, true],
      [
        `${CONNECT}Proxy-Authorization: Basic ====\r\n\r\n`,
        /^HTTP\/1.1 407/,
        true,
      ],
      ["GET http://a/ HTTP/1.1\r\n\r\n", /^HTTP\/1.1 407 /, true],
    ];
    for (const [what, answer, login] of cases) {
      const { app, outcome } = await begin(
        backend,
        login ? { login: LOGIN } : {},
      );
      await app.writeAll(bytesOf(what));
      assertEquals(await outcome, undefined);
      const got = await app.readAll();
      if (answer instanceof RegExp) {
        assert(answer.test(new TextDecoder().decode(got)), `${answer}`);
      } else {
        assertEquals([...got], answer);
      }
      app.close();
    }
  },
}, {
  name: "Handshake hands out UDP ASSOCIATE when it may",
  async run(backend) {
    const sent = [5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 4, 210];
    for (
      const [host, tail] of [
        ["127.0.0.1", [0, 1, 127, 0, 0, 1, 0x12, 0x34]],
        ["::1", [0, 4, ...new Array(15).fill(0), 1, 0x12, 0x34]],
      ] as const
    ) {
      const { app, outcome } = await begin(backend, { udp: true });
      await app.writeAll(new Uint8Array(sent));
      const request = await outcome;
      assert(request?.kind === "udp");
      assertEquals(request.hint, { host: "0.0.0.0", port: 1234 });
      request.succeed(host, 0x1234);
      request.conn.close();
      assertEquals([...await app.readAll()], [5, 0, 5, 0, ...tail]);
      app.close();
    }
  },
}, {
  name: "a plain HTTP request's conn reads no further than its body",
  async run(backend) {
    const second = "GET http://b/ HTTP/1.1\r\nCookie: secret\r\n\r\n";
    const head = "POST http://a/ HTTP/1.1\r\n";
    const cases: readonly [now: string, later: string, body: string][] = [
      [`GET http://a/ HTTP/1.1\r\n\r\n`, second, ""],
      [`GET http://a/ HTTP/1.1\r\n\r\n${second}`, "", ""],
      [`${head}Content-Length: 3\r\n\r\na`, `bc${second}`, "abc"],
      [
        `${head}Transfer-Encoding: chunked\r\n\r\n1\r\na`,
        `\r\n0\r\n\r\n${second}`,
        "1\r\na\r\n0\r\n\r\n",
      ],
    ];
    for (const [now, later, body] of cases) {
      const { app, outcome } = await begin(backend);
      await app.writeText(now);
      const request = await outcome;
      assert(request?.kind === "tcp");
      const { conn, first } = request;
      await app.writeText(later);
      const buffer = new Uint8Array(1000);
      let text = new TextDecoder().decode(first);
      for (;;) {
        const { promise, resolve } = Promise.withResolvers<void>();
        conn.handler = { ...IGNORE, readable: resolve };
        const count = conn.read(buffer);
        if (count === END) break;
        text += new TextDecoder().decode(buffer.subarray(0, count));
        if (count === 0) await promise;
      }
      assertEquals(text.slice(text.indexOf("\r\n\r\n") + 4), body);
      await new Promise<void>((resolve) => {
        conn.write(ENCODER.encode("answer"));
        conn.close();
        resolve();
      });
      // No reset: the answer arrives whole and then the end.
      assertEquals(await app.readText(), "answer");
      app.close();
    }
  },
}, {
  name: "Handshake ends whatever comes, and never throws",
  async run(backend) {
    const random = seededRandom(4);
    const starts = [4, 5, 0x43, 0x47, 0x50];
    for (let round = 0; round < 150; round++) {
      const good = GOOD[round % GOOD.length]!.sent;
      const bytes = round % 3 === 0
        ? randomBytes(random, between(random, 1, 600))
        : good.slice(0, between(random, 1, good.length));
      if (round % 3 === 0 && round % 2 === 0) {
        bytes[0] = starts[between(random, 0, starts.length - 1)]!;
      }
      // A changed byte somewhere.
      if (round % 3 === 1) {
        bytes[between(random, 0, bytes.length - 1)] = between(random, 0, 255);
      }
      const login = round % 2 === 0 ? { login: LOGIN } : {};
      const { app, outcome } = await begin(backend, { udp: true, ...login });
      await app.writeAll(bytes);
      app.closeWrite();
      const request = await outcome;
      request?.fail("failed");
      try {
        await app.readAll();
      } catch {
        // A reset is an end, too.
        assert(app.conn.error !== undefined);
      }
      app.close();
    }
  },
}]);
