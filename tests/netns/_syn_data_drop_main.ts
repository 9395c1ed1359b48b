/* A path that begins to drop SYNs with data, then SYNs that ask for a cookie, and
 * then to refuse those with data, and what server and client make of it: prints what each visit did, for a network
 * namespace of its own. */
import { synResults } from "./_syn_results.ts";
import { type Logger, SILENT } from "../../lib/base/logger.ts";
import {
  type Client,
  listenFastOpen,
  type Server,
  startClient,
  startServer,
} from "../../mod.ts";
import { GREETING, join, requestFor } from "../e2e/_app.ts";
import type { DropReport, DropVisit } from "./_drop_report.ts";

/** The kernel keeps one cookie for each address: each hop has one of its own. */
const SERVER_HOST = "127.0.0.2";
const ORIGIN_HOST = "127.0.0.4";
const OTHER_HOST = "127.0.0.5";
const TOKEN = "a token of the tests";
const DECODER = new TextDecoder();
const REQUEST = new TextEncoder().encode(
  "GET / HTTP/1.1\r\nHost: origin\r\n\r\n",
);
const RESPONSE = new TextEncoder().encode("HTTP/1.1 204 No Content\r\n\r\n");
/** The answers of the SOCKS port before the target's own bytes. */
const REPLIES_BYTES = 12;

/** IPv4 and TCP headers have at most 80 bytes in a SYN; more is data. */
const HEADERS_BYTES = 80;
/** Of Linux's plain SYN: without the option of Fast Open. */
const PLAIN_BYTES = 60;

async function nft(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("nft", { args })
    .output();
  if (!success) throw new Error(DECODER.decode(stderr));
  return DECODER.decode(stdout);
}

/** From now on SYNs that are longer do not arrive, or have another verdict. */
async function dropSyns(
  longerThan: number,
  verdict = "drop",
): Promise<void> {
  await nft("add", "table", "inet", "t");
  await nft(
    ...["add", "chain", "inet", "t", "c"],
    "{ type filter hook input priority 0; }",
  );
  await nft(
    ...["add", "rule", "inet", "t", "c", "tcp flags & (syn|ack) == syn"],
    `ip length > ${longerThan} counter ${verdict}`,
  );
}

async function dropNothing(): Promise<void> {
  await nft("delete", "table", "inet", "t");
}

/** SYNs that the rule has dropped; 0 without it. */
async function dropped(): Promise<number> {
  const text = await nft("list", "ruleset");
  return Number(/counter packets (\d+)/.exec(text)?.[1] ?? 0);
}

/** The clock of server and client: it can be put forward. */
const systemNow = Date.now;
let aheadMs = 0;
Date.now = () => systemNow() + aheadMs;

/** Why a dial went plain, as the log says last. */
let because = "";
const LOGGER: Logger = {
  ...SILENT,
  debug: note,
  info: note,
  child: () => LOGGER,
};
function note(_message: string, fields: Record<string, unknown> = {}): void {
  if (typeof fields.because === "string") because = fields.because;
}

const stateDir = await Deno.makeTempDir();

async function serve(port: number): Promise<Server> {
  return await startServer({
    token: TOKEN,
    hostname: SERVER_HOST,
    port,
    backend: "epoll",
    gracePeriodMs: 0,
    logger: LOGGER,
    stateDir,
  });
}

async function connect(server: Server): Promise<Client> {
  const client = await startClient({
    url: `ws://${SERVER_HOST}:${server.addr.port}`,
    token: TOKEN,
    socksPort: 0,
    optimistic: true,
    backend: "epoll",
    gracePeriodMs: 0,
    logger: LOGGER,
    stateDir,
  });
  await client.ready;
  return client;
}

/** What of the counts is new, such as `avoided`. */
function news(
  before: Record<string, number>,
  after: Record<string, number>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).flatMap(([result, count]) => {
      const more = count - (before[result] ?? 0);
      return more > 0 ? [[result, more]] : [];
    }),
  );
}

/** Does something on the hop that `server` or `client` counts, and tells how. */
async function watch(
  label: string,
  counts: () => Record<string, number>,
  act: () => Promise<void>,
): Promise<void> {
  const before = { counts: counts(), dropped: await dropped() };
  because = "";
  const began = performance.now();
  await act();
  const ms = Math.round(performance.now() - began);
  const syn = news(before.counts, counts());
  visits[label] = {
    ms,
    syn,
    dropped: await dropped() - before.dropped,
    because,
  };
}

const visits: Record<string, DropVisit> = {};
const origin = listenFastOpen({ hostname: ORIGIN_HOST, port: 0 });
const { port: originPort } = origin.addr;
const other = listenFastOpen({ hostname: OTHER_HOST, port: originPort });
for (const listener of [origin, other]) {
  (async () => {
    for await (const conn of listener) {
      (async () => {
        using open = conn;
        await open.read(new Uint8Array(4096));
        await open.write(RESPONSE);
      })();
    }
  })();
}

let server = await serve(0);
let client = await connect(server);

/** A request of an app: all of it at once, and the whole answer. */
async function request(host: string): Promise<void> {
  const { hostname, port } = client.addr!;
  using conn = await Deno.connect({ hostname, port });
  conn.setNoDelay(true);
  await conn.write(join(GREETING, requestFor(host, originPort), REQUEST));
  const pieces: Uint8Array[] = [];
  for await (const piece of conn.readable) pieces.push(piece);
  const answer = DECODER.decode(join(...pieces).subarray(REPLIES_BYTES));
  if (answer !== DECODER.decode(RESPONSE)) throw new Error(`got "${answer}"`);
}

const visit = (
  label: string,
  { times = 1, host = ORIGIN_HOST } = {},
): Promise<void> =>
  watch(label, () => synResults(server.counters, "target"), async () => {
    await Promise.all(Array.from({ length: times }, () => request(host)));
  });

const dialTunnel = (label: string): Promise<void> =>
  watch(label, () => synResults(client.counters, "tunnel"), async () => {
    client = await connect(server);
  });

await visit("cold");
await visit("warm");

await dropSyns(HEADERS_BYTES);
await visit("lost");
await visit("plain");
aheadMs += 59_000;
await visit("still plain");
aheadMs += 1000;
await visit("twenty after a minute", { times: 20 });
await visit("plain for two minutes");

// What the server has learned outlives it.
const { port } = server.addr;
await client.close();
await server.close();
server = await serve(port);
await dropNothing();
client = await connect(server);
await dropSyns(HEADERS_BYTES);
await visit("plain after a restart");

await dropNothing();
aheadMs += 120_000;
await visit("the rule is gone");
await visit("as before");

await dropSyns(PLAIN_BYTES);
await visit("option lost", { host: OTHER_HOST });
await visit("option plain", { host: OTHER_HOST });
await dropNothing();
aheadMs += 60_000;
await visit("option arrives", { host: OTHER_HOST });
await visit("option has helped", { host: OTHER_HOST });

await dropSyns(HEADERS_BYTES, "reject with tcp reset");
await visit("data refused", { host: OTHER_HOST });
await visit("refused no more", { host: OTHER_HOST });
await dropNothing();
aheadMs += 60_000;
await visit("data is taken", { host: OTHER_HOST });

await client.close();
await dropSyns(HEADERS_BYTES);
await dialTunnel("tunnel lost");
await client.close();
await dialTunnel("tunnel plain");
await client.close();
await dropNothing();
aheadMs += 60_000;
await dialTunnel("tunnel, the rule is gone");

await client.close();
await server.close();
await Deno.remove(stateDir, { recursive: true });
const report: DropReport = visits;
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
Deno.exit(0);
