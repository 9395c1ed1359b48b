/* Prints what the SYNs of two visits did, at both ends of each hop, and what the
 * kernel counted meanwhile: for a network namespace of its own. */
import { synResults } from "./_syn_results.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { type Conn, END, FAILED } from "../../lib/net/conn.ts";
import { SILENT } from "../../lib/base/logger.ts";
import {
  type Client,
  type Server,
  startClient,
  startServer,
} from "../../mod.ts";
import type { FastOpenReport, Visit } from "./_report.ts";
import { GREETING, join, requestFor } from "../e2e/_app.ts";

/** The kernel keeps one cookie for each address: each hop has one of its own. */
const SERVER_HOST = "127.0.0.2";
const SOCKS_HOST = "127.0.0.3";
const ORIGIN_HOST = "127.0.0.4";
const TOKEN = "a token of the tests";
const DECODER = new TextDecoder();
const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: origin\r\n\r\n",
);
const RESPONSE = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
);
/** The answers of the SOCKS port before the target's own bytes. */
const REPLIES_BYTES = 12;

const backend = new EpollBackend(SILENT);

/** Gives all that comes until `isComplete` says so, or until the end. */
function readUntil(
  conn: Conn,
  isComplete: (bytes: Uint8Array) => boolean,
): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const buffer = new Uint8Array(16_384);
  let length = 0;
  function readable(): void {
    for (;;) {
      const count = conn.read(buffer.subarray(length));
      if (count === FAILED) return reject(conn.error);
      if (count > 0) length += count;
      const bytes = buffer.slice(0, length);
      if (count === END || isComplete(bytes)) return resolve(bytes);
      if (count === 0) return;
    }
  }
  conn.handler = { readable, writable() {}, failed: reject };
  readable();
  return promise;
}

/** Answers one request per conn; knows what the last SYN did. */
class Origin {
  /** The result of the conn that was accepted last. */
  last = "none";
  readonly #listener = backend.listen(
    { host: ORIGIN_HOST, port: 0, fastOpen: true },
    {
      accepted: (conn) => this.#serve(conn),
      acceptFailed: (error) => {
        throw error;
      },
    },
  );

  get port(): number {
    return this.#listener.addr.port;
  }

  async #serve(conn: Conn): Promise<void> {
    this.last = conn.fastOpen.result;
    await readUntil(
      conn,
      (bytes) => DECODER.decode(bytes).endsWith("\r\n\r\n"),
    );
    conn.write(RESPONSE);
    conn.close();
  }

  close(): void {
    this.#listener.close();
  }
}

/** The results of the SYNs of a hop that `after` has more of than `before`. */
function newResult(
  before: Record<string, number>,
  after: Record<string, number>,
): string {
  const results = Object.keys(after)
    .filter((result) => after[result]! > (before[result] ?? 0));
  return results.join() || "none";
}

function connect(server: Server): Promise<Client> {
  return startClient({
    url: `ws://${SERVER_HOST}:${server.addr.port}`,
    token: TOKEN,
    socksHost: SOCKS_HOST,
    socksPort: 0,
    optimistic: true,
    backend: "epoll",
    gracePeriodMs: 0,
  });
}

/** One visit: the greeting, the request and a GET, all in the app's SYN. */
async function visit(server: Server, origin: Origin): Promise<Visit> {
  const wsBefore = synResults(server.counters, "ws");
  const targetBefore = synResults(server.counters, "target");
  const client = await connect(server);
  try {
    await client.ready;
    const first = join(GREETING, requestFor(ORIGIN_HOST, origin.port), REQUEST);
    const address = { host: SOCKS_HOST, port: client.addr!.port };
    const { conn, sent } = await backend.dial(address, {
      first,
      fastOpen: true,
    });
    conn.write(first.subarray(sent));
    const answer = await readUntil(conn, () => false);
    const app = conn.fastOpen.result;
    conn.close();
    return {
      syns: {
        app,
        socks: newResult({}, synResults(client.counters, "socks")),
        tunnel: newResult({}, synResults(client.counters, "tunnel")),
        ws: newResult(wsBefore, synResults(server.counters, "ws")),
        target: newResult(targetBefore, synResults(server.counters, "target")),
        origin: origin.last,
      },
      response: DECODER.decode(answer.subarray(REPLIES_BYTES)),
      clientReport: client.report(),
      serverReport: server.report(),
    };
  } finally {
    await client.close();
  }
}

/** The two lines of names and values that /proc/net/netstat has for TCP. */
function kernelCount(name: string): number {
  const lines = Deno.readTextFileSync("/proc/self/net/netstat").split("\n");
  const [names, values] = lines.filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  return Number(values![names!.indexOf(name)]);
}

const server = await startServer({
  token: TOKEN,
  hostname: SERVER_HOST,
  port: 0,
  backend: "epoll",
  gracePeriodMs: 0,
});
const origin = new Origin();
const first = await visit(server, origin);
const second = await visit(server, origin);
origin.close();
await server.close();
await backend.idle();
const report: FastOpenReport = {
  first,
  second,
  kernel: {
    active: kernelCount("TCPFastOpenActive"),
    activeFail: kernelCount("TCPFastOpenActiveFail"),
    passive: kernelCount("TCPFastOpenPassive"),
    passiveFail: kernelCount("TCPFastOpenPassiveFail"),
  },
};
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
