/**
 * Datagrams at a steady rate through a client and a server on loopback, each a
 * process of its own: what arrives, how late, and where the rest was lost.
 *
 * ```text
 * deno run -A bench/udp_load.ts [--rate 10000] [--seconds 10] [--size 200]
 *   [--one-way] [--backend epoll|deno]
 * ```
 */
import type { Count, Counters } from "../lib/base/counters.ts";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  MAX_UDP_HEADER_BYTES,
  writeUdpHeader,
} from "../lib/inbound/udp_header.ts";
import { SILENT } from "../lib/base/logger.ts";
import { chooseBackend } from "../lib/net/choose_backend.ts";
import { bindDatagrams } from "../lib/net/bind_datagrams.ts";
import type { DatagramHandler } from "../lib/net/datagrams.ts";
import { type BackendChoice, startClient, startServer } from "../mod.ts";

const LOCAL = "127.0.0.1";
const TOKEN = "load";
const TICK_MS = 1;
/** What is under way when the last datagram was sent may still arrive. */
const SETTLE_MS = 500;
/** The number of a datagram and the time when it was sent. */
const STAMP_BYTES = 12;

const { values: flags } = parseArgs({
  options: {
    rate: { type: "string", default: "10000" },
    seconds: { type: "string", default: "10" },
    size: { type: "string", default: "200" },
    backend: { type: "string", default: "auto" },
    "one-way": { type: "boolean" },
    role: { type: "string" },
    server: { type: "string" },
  },
});
const backend = flags.backend as BackendChoice;

if (flags.role === "server") {
  const server = await startServer({
    token: TOKEN,
    hostname: LOCAL,
    port: 0,
    backend,
    gracePeriodMs: 0,
  });
  await serveUntilAsked(server, server.addr.port);
} else if (flags.role === "client") {
  const client = await startClient({
    url: `ws://${LOCAL}:${flags.server}`,
    token: TOKEN,
    socksPort: 0,
    backend,
    gracePeriodMs: 0,
  });
  await client.ready;
  await serveUntilAsked(client, client.addr!.port);
} else {
  await drive();
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

/** Says its port, and at the end of its input what it has counted. */
async function serveUntilAsked(
  role: {
    counters: Counters;
    close(): Promise<void>;
  },
  port: number,
): Promise<void> {
  print(JSON.stringify({ port }));
  for await (const _ of Deno.stdin.readable);
  const { user, system } = process.cpuUsage();
  await role.close();
  const counters = role.counters.counts();
  print(JSON.stringify({ cpuMs: (user + system) / 1000, counters }));
}

interface Started {
  port: number;
  finish(): Promise<{ cpuMs: number; counters: Count[] }>;
}

async function start(role: string, ...more: string[]): Promise<Started> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", import.meta.filename!, "--role", role],
      ...["--backend", backend, ...more],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { port } = JSON.parse((await lines.read()).value!);
  return {
    port,
    async finish() {
      await child.stdin.close();
      const text = (await lines.read()).value!;
      await child.status;
      return JSON.parse(text);
    },
  };
}

async function drive(): Promise<void> {
  const rate = Number(flags.rate);
  const total = rate * Number(flags.seconds);
  const size = Math.max(Number(flags.size), STAMP_BYTES);
  const server = await start("server");
  const client = await start("client", "--server", String(server.port));
  const sockets = chooseBackend("auto", SILENT).backend;

  const seen = new Uint8Array(total);
  const lateMs: number[] = [];
  let arrived = 0;
  let reordered = 0;
  let highest = -1;
  function arrive(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset);
    const number = view.getUint32(0);
    if (seen[number] !== 0) return;
    seen[number] = 1;
    arrived++;
    if (number < highest) reordered++;
    else highest = number;
    lateMs.push(performance.now() - view.getFloat64(4));
  }
  const ignore = { sendFailed() {} };
  const target: DatagramHandler = {
    ...ignore,
    received(payload, from) {
      if (flags["one-way"]) arrive(payload);
      else echo.send(payload, from);
    },
  };
  const echo = await bindDatagrams(sockets, LOCAL, undefined, target);
  const header = new Uint8Array(MAX_UDP_HEADER_BYTES);
  const dataStart = writeUdpHeader(header, echo.local)!;
  const app = await bindDatagrams(sockets, LOCAL, undefined, {
    ...ignore,
    received: (payload) => arrive(payload.subarray(dataStart)),
  });
  const datagram = new Uint8Array(dataStart + size);
  datagram.set(header.subarray(0, dataStart));
  const stamp = new DataView(datagram.buffer, dataStart);
  const { control, relay } = await associate(client.port);

  const begin = performance.now();
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, (performance.now() - begin) / 1000 * rate);
    for (; sent < due; sent++) {
      stamp.setUint32(0, sent);
      stamp.setFloat64(4, performance.now());
      app.send(datagram, relay);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const seconds = (performance.now() - begin) / 1000;
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  control.close();
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  app.close();
  echo.close();
  lateMs.sort((a, b) => a - b);
  const at = (share: number) =>
    lateMs[Math.floor(lateMs.length * share)]?.toFixed(2);
  print(
    `${total} datagrams of ${size} bytes in ${seconds.toFixed(1)} s, ` +
      `${flags["one-way"] ? "one way" : "there and back"}, ${backend}`,
  );
  print(
    `arrived ${arrived}, lost ${total - arrived} ` +
      `(${((total - arrived) / total * 100).toFixed(3)} %), out of order ` +
      `${reordered}`,
  );
  print(`ms: median ${at(0.5)}, 99 % ${at(0.99)}, 99.9 % ${at(0.999)}`);
  for (
    const [name, role] of [["client", client], ["server", server]] as const
  ) {
    const { cpuMs, counters } = await role.finish();
    const udp = counters
      .filter(({ name }) => name.startsWith("datagram"))
      .map(({ name, labels, value }) =>
        [name, ...Object.values(labels), value].join(" ")
      );
    print(
      `${name}: cpu ${(cpuMs / 1000).toFixed(1)} s, ${udp.join(", ")}`,
    );
  }
}

/** Where to send datagrams, and the conn that keeps it so. */
async function associate(
  port: number,
): Promise<{ control: Deno.TcpConn; relay: { host: string; port: number } }> {
  const control = await Deno.connect({ hostname: LOCAL, port });
  await control.write(
    new Uint8Array([5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0]),
  );
  const answer = new Uint8Array(12);
  for (let at = 0; at < 12;) at += (await control.read(answer.subarray(at)))!;
  if (answer[3] !== 0) throw new Error(`refused with ${answer[3]}`);
  return {
    control,
    relay: { host: LOCAL, port: answer[10]! << 8 | answer[11]! },
  };
}
