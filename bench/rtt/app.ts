/*
 * The app of the bench, at the client's host: makes requests one after the other
 * and prints how long the first byte of each answer took, as JSON.
 *
 *   deno run -A app.ts ORDER
 */
import { SILENT } from "../../lib/base/logger.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { parseTfoChoice } from "../../lib/net/tfo_choice.ts";
import { startClient } from "../../mod.ts";
import { AppConn } from "./app_conn.ts";
import type { AskingConn } from "./asking_conn.ts";
import { BlockingConn } from "./blocking_conn.ts";
import { ip } from "./ip.ts";
import type { Order } from "./order.ts";

const LOOPBACK = "127.0.0.1";
/** Version 5, one method, no password. */
const GREETING = new Uint8Array([5, 1, 0]);
const GREETING_REPLY_BYTES = 2;
const CONNECT_REPLY_BYTES = 10;
const IPV4 = 1;
/** A request that hangs is a failure, and no bench that never ends. */
const REQUEST_DEADLINE_MS = 20_000;

const backend = new EpollBackend(SILENT);
const order: Order = JSON.parse(Deno.args[0] ?? "null");
const [targetHost, targetPort] = order.target;
const REQUEST = new TextEncoder().encode(
  `GET / HTTP/1.1\r\nHost: ${targetHost}\r\n\r\n`,
);
const CONNECT = new Uint8Array([
  ...[5, 1, 0, IPV4],
  ...targetHost.split(".").map(Number),
  ...[targetPort >> 8, targetPort & 255],
]);

/** Asks the target itself. */
async function askDirectly(fastOpen: boolean): Promise<number> {
  const address = { host: targetHost, port: targetPort };
  const start = performance.now();
  using conn = new BlockingConn(
    ...[address, REQUEST, fastOpen, REQUEST_DEADLINE_MS] as const,
  );
  return await conn.firstByteAt() - start;
}

/** Asks as curl does: each step waits for the answer to the one before. */
async function askThrough(dialed: AskingConn): Promise<number> {
  using conn = dialed;
  await conn.skip(GREETING_REPLY_BYTES);
  conn.write(CONNECT);
  await conn.skip(CONNECT_REPLY_BYTES);
  conn.write(REQUEST);
  return await conn.firstByteAt();
}

/** Asks a client that is another process. */
async function askProxy(port: number): Promise<number> {
  const address = { host: LOOPBACK, port };
  const start = performance.now();
  const conn = new BlockingConn(address, GREETING, true, REQUEST_DEADLINE_MS);
  return await askThrough(conn) - start;
}

/** A client that has no session yet: from the start of its dial on. */
async function askCold(
  { url, token, tfo, optimistic }: Order["client"] & object,
): Promise<number> {
  const start = performance.now();
  const client = await startClient({
    ...{ url, token, optimistic, noWait: true, socksPort: 0 },
    ...{ tfo: parseTfoChoice(tfo), gracePeriodMs: 0 },
  });
  try {
    const conn = await AppConn.dial(
      backend,
      { host: LOOPBACK, port: client.addr!.port },
      { first: GREETING, fastOpen: true },
    );
    return await askThrough(conn) - start;
  } finally {
    await client.close();
  }
}

function ask(): Promise<number> {
  if (order.client) return askCold(order.client);
  if (order.socksPort === undefined) return askDirectly(order.fastOpen);
  return askProxy(order.socksPort);
}

/** Drops the cookies that the kernel keeps for the namespaces. */
function forget(): void {
  for (const namespace of order.forget) {
    ip("-n", namespace, "tcp_metrics", "flush", "all");
  }
}

const samplesMs: number[] = [];
const failures: string[] = [];
for (let index = -order.warmUp; index < order.samples; index++) {
  forget();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer in ${REQUEST_DEADLINE_MS} ms`)),
    REQUEST_DEADLINE_MS,
  );
  try {
    const ms = await Promise.race([ask(), promise]);
    if (index >= 0) samplesMs.push(ms);
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
  await new Promise((resolve) => setTimeout(resolve, order.pauseMs));
}
const result = JSON.stringify({ samplesMs, failures });
Deno.stdout.writeSync(new TextEncoder().encode(`result ${result}\n`));
Deno.exit(0);
