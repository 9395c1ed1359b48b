/* Lets apps visit targets of all kinds through clients and a server while tcpdump
 * looks on, and prints what each of them counted: for a network namespace of its
 * own. */
import { SILENT } from "../../lib/base/logger.ts";
import { summarizeHops } from "../../lib/base/hop_summary.ts";
import { readCounters } from "../../lib/doctor/netstat.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { type Conn, END, FAILED } from "../../lib/net/conn.ts";
import {
  type Client,
  Counters,
  parseTfoChoice,
  startClient,
  startServer,
} from "../../mod.ts";
import { GREETING, join, requestFor } from "../e2e/_app.ts";
import {
  type CountersReport,
  HOSTS,
  type TargetName,
} from "./_counters_report.ts";
import { tallyHandshakes } from "./_pcap.ts";
import { Tcpdump } from "./_tcpdump.ts";

const TOKEN = "a token of the tests";
const ENCODER = new TextEncoder();
const REQUEST = ENCODER.encode("GET / HTTP/1.1\r\nHost: origin\r\n\r\n");
const RESPONSE = ENCODER.encode("HTTP/1.1 204 No Content\r\n\r\n");
const NOTHING = new Uint8Array(0);
/** Ports of the targets; where nobody listens is the one that refuses. */
const PORTS: Record<TargetName, number> = {
  ...{ takesData: 8001, forgets: 8002, plain: 8003 },
  ...{ speaks: 8004, refuses: 8005, blocked: 8006 },
};
/** Nobody listens here either: a packet to it is the last one. */
const LAST_PORT = 9;

const backend = new EpollBackend(SILENT);

/** Reads to the end, or until the conn breaks. */
function readAll(conn: Conn): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const buffer = new Uint8Array(4096);
  function readable(): void {
    for (;;) {
      const count = conn.read(buffer);
      if (count === 0) return;
      if (count === END || count === FAILED) return resolve();
    }
  }
  conn.handler = { readable, writable() {}, failed: () => resolve() };
  readable();
  return promise;
}

/** Answers what comes first, or speaks at once. */
function listen(host: string, name: TargetName, fastOpen: boolean): void {
  const answer = (conn: Conn): void => {
    conn.write(RESPONSE);
    conn.close();
  };
  backend.listen({ host, port: PORTS[name], fastOpen }, {
    accepted(conn) {
      if (name === "speaks") return answer(conn);
      const readable = () =>
        conn.read(new Uint8Array(4096)) > 0 && answer(conn);
      conn.handler = { readable, writable() {}, failed: () => conn.close() };
      readable();
    },
    acceptFailed: (error) => {
      throw error;
    },
  });
}

/** An app: all it has to say in one go, with Fast Open or without. */
async function visit(
  client: Client,
  host: string,
  name: TargetName,
  fastOpen = true,
): Promise<void> {
  const request = name === "speaks" ? NOTHING : REQUEST;
  const first = join(GREETING, requestFor(host, PORTS[name]), request);
  const address = { host: HOSTS.socks, port: client.addr!.port };
  const { conn, sent } = await backend.dial(address, { first, fastOpen });
  conn.write(first.subarray(sent));
  await readAll(conn);
  conn.close();
}

const clientCounters = new Counters();
const socksAddresses: string[] = [];

async function withClient(
  tfo: string,
  use: (client: Client) => Promise<void>,
): Promise<void> {
  const client = await startClient({
    url: `ws://${HOSTS.server}:${server.addr.port}`,
    token: TOKEN,
    socksHost: HOSTS.socks,
    socksPort: 0,
    optimistic: true,
    tfo: parseTfoChoice(tfo),
    gracePeriodMs: 1000,
  });
  await client.ready;
  socksAddresses.push(`${HOSTS.socks}:${client.addr!.port}`);
  await use(client);
  await client.close();
  for (const { name, labels, value } of client.counters.counts()) {
    clientCounters.add(name, labels, value);
  }
}

const tcpdump = await Tcpdump.start();
const server = await startServer({
  token: TOKEN,
  hostname: HOSTS.server,
  port: 0,
  gracePeriodMs: 1000,
});
listen(HOSTS.origin, "takesData", true);
listen(HOSTS.origin, "forgets", false);
listen(HOSTS.plain, "plain", false);
listen(HOSTS.plain, "speaks", false);
listen(HOSTS.blocked, "blocked", true);

await withClient("auto", async (client) => {
  // The first visit, and then with data.
  for (let i = 0; i < 5; i++) await visit(client, HOSTS.origin, "takesData");
  await visit(client, HOSTS.origin, "takesData", false);
});
await withClient("auto", async (client) => {
  // The cookie is of the host, and another of its ports does not take data.
  for (let i = 0; i < 2; i++) await visit(client, HOSTS.origin, "forgets");
  for (let i = 0; i < 3; i++) await visit(client, HOSTS.plain, "plain");
  await visit(client, HOSTS.plain, "speaks");
});
await withClient("auto", async (client) => {
  await visit(client, HOSTS.origin, "refuses");
  await visit(client, HOSTS.plain, "refuses", false);
  if (Deno.args.includes("blocked")) {
    for (let i = 0; i < 2; i++) await visit(client, HOSTS.blocked, "blocked");
  }
});
await withClient("off", (client) => visit(client, HOSTS.plain, "speaks"));
await server.close();

await Deno.connect({ hostname: HOSTS.plain, port: LAST_PORT }).catch(() => {});
const tallies = tallyHandshakes(
  await tcpdump.until(`${HOSTS.plain}:${LAST_PORT}`),
);

function wireOf(...addresses: string[]): CountersReport["wire"]["socks"] {
  const sum = {
    ...{ attempted: 0, conns: 0, acknowledged: 0, noCookie: 0 },
    ...{ notAcknowledged: 0, synRepeated: 0, refused: 0 },
  };
  for (const address of addresses) {
    for (const [name, count] of Object.entries(tallies[address] ?? {})) {
      sum[name as keyof typeof sum] += count;
    }
  }
  return sum;
}

const report: CountersReport = {
  client: summarizeHops(clientCounters),
  server: summarizeHops(server.counters),
  refused: {
    dials: server.counters.count("dialFailed", { code: "refused" }),
    late: clientCounters.count("lateFailure", { code: "refused" }),
  },
  lateFailures: clientCounters.count("lateFailure"),
  wire: {
    socks: wireOf(...socksAddresses),
    tunnel: wireOf(`${HOSTS.server}:${server.addr.port}`),
    target: Object.fromEntries(
      Object.entries(PORTS).map(([name, port]) => [
        name,
        wireOf(...Object.values(HOSTS).map((host) => `${host}:${port}`)),
      ]),
    ) as CountersReport["wire"]["target"],
  },
  kernel: readCounters(),
};
await Deno.stdout.write(ENCODER.encode(JSON.stringify(report)));
Deno.exit(0);
