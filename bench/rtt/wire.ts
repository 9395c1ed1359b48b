/*
 * A wire between two network namespaces: each packet arrives unchanged at the
 * other end, a one-way delay later, or is lost. As nothing is terminated or cut
 * anew, payloads of SYNs, TCP options and checksums cross as they were sent.
 *
 *   deno run -A wire.ts '{"from":["ns-a","10.9.0.1"],"to":["ns-b","10.9.0.2"],
 *                         "oneWayMs":25,"loss":0.01,"seed":1}'
 *
 * Prints "ready", and runs until it is killed or its standard input ends.
 */
import { setPriority } from "node:os";
import { ip } from "./ip.ts";
import { seededRandom } from "./seeded_random.ts";
import { TunPair } from "./tun.ts";

/** What the wire joins, and how. */
export interface WireOptions {
  /** Name of a network namespace, and its address on this wire. */
  from: readonly [namespace: string, address: string];
  /** The other end. */
  to: readonly [namespace: string, address: string];
  /** In milliseconds; the round trip is twice that. */
  oneWayMs: number;
  /** Which part of the packets is lost, 0 to 1, in each direction. */
  loss: number;
  /** Which packets: the same seed gives the same choices. */
  seed: number;
}

/** A router has a bounded queue, too; no bench comes near. */
const MAX_QUEUED = 100_000;
/** Packets taken from one side before the clock is looked at again. */
const MAX_BURST = 64;
/** No wait is longer; nothing depends on it. */
const MAX_WAIT_MS = 10_000;
/** The last part of a wait is spun: a thread that sleeps wakes up late. */
const SPIN_MS = 0.3;
/** Before all others: a wire that is late would be a longer wire. */
const PRIORITY = -15;

interface Travelling {
  dueMs: number;
  to: 0 | 1;
  packet: Uint8Array<ArrayBuffer>;
}

function makeDevices({ from, to }: WireOptions): TunPair {
  const id = crypto.randomUUID().slice(0, 8);
  const names = [`rtt${id}a`, `rtt${id}b`] as const;
  const pair = new TunPair(names);
  for (const [index, [namespace, address]] of [from, to].entries()) {
    const device = names[index]!;
    const peer = [to, from][index]![1];
    ip("link", "set", device, "netns", namespace);
    ip("-n", namespace, "addr", "add", address, "peer", peer, "dev", device);
    ip("-n", namespace, "link", "set", device, "txqueuelen", "10000", "up");
  }
  return pair;
}

/** Carries packets until standard input ends. All delays are equal, so the
 * packet that was sent first is due first. */
function carry(pair: TunPair, { oneWayMs, loss, seed }: WireOptions): void {
  const random = seededRandom(seed);
  let queue: Travelling[] = [];
  let head = 0;
  let goesOn = true;
  while (goesOn) {
    for (let now = performance.now(); head < queue.length; head++) {
      const { dueMs, to, packet } = queue[head]!;
      if (dueMs > now && dueMs > (now = performance.now())) break;
      pair.write(to, packet);
    }
    if (head === queue.length || head > MAX_QUEUED) {
      queue = queue.slice(head);
      head = 0;
    }
    const next = queue[head];
    const leftMs = next ? next.dueMs - performance.now() : MAX_WAIT_MS;
    goesOn = pair.wait(leftMs - SPIN_MS);
    for (const side of [0, 1] as const) {
      for (let count = 0; count < MAX_BURST; count++) {
        const packet = pair.read(side);
        if (packet === undefined) break;
        if (random() < loss || queue.length - head >= MAX_QUEUED) continue;
        const dueMs = performance.now() + oneWayMs;
        queue.push({ dueMs, to: side === 0 ? 1 : 0, packet });
      }
    }
  }
}

if (import.meta.main) {
  const options: WireOptions = JSON.parse(Deno.args[0] ?? "null");
  setPriority(PRIORITY);
  const pair = makeDevices(options);
  Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
  carry(pair, options);
  Deno.exit(0);
}
