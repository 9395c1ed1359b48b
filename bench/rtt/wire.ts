/*
 * Wires between network namespaces: each packet arrives unchanged at the other
 * end, a one-way delay later, or is lost. As nothing is terminated or cut anew,
 * payloads of SYNs, TCP options and checksums cross as they were sent.
 *
 *   deno run -A wire.ts '[{"from":["ns-a","10.9.0.1"],"to":["ns-b","10.9.0.2"],
 *                          "oneWayMs":25,"loss":0.01,"seed":1}]'
 *
 * Prints "ready", and runs until it is killed or its standard input ends. One
 * process carries all wires: two would wait for each other's processor.
 */
import { setPriority } from "node:os";
import { ip } from "./ip.ts";
import { seededRandom } from "./seeded_random.ts";
import { TunDevices } from "./tun.ts";

/** What a wire joins, and how. */
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
  toDevice: number;
  packet: Uint8Array<ArrayBuffer>;
}

function makeDevices(wires: readonly WireOptions[]): TunDevices {
  const ends = wires.flatMap(({ from, to }) => [
    { at: from, peer: to },
    { at: to, peer: from },
  ]);
  const id = crypto.randomUUID().slice(0, 8);
  const names = ends.map((_, index) => `rtt${id}${index}`);
  const devices = new TunDevices(names);
  for (const [index, { at, peer }] of ends.entries()) {
    const device = names[index]!;
    const [namespace, address] = at;
    ip("link", "set", device, "netns", namespace);
    const inside = ["-n", namespace] as const;
    ip(...inside, "addr", "add", address, "peer", peer[1], "dev", device);
    ip(...inside, "link", "set", device, "txqueuelen", "10000", "up");
  }
  return devices;
}

/** One wire, whose ends are two devices. All delays are equal, so the packet that
 * was sent first is due first. */
class Wire {
  readonly #devices: TunDevices;
  readonly #ends: readonly [number, number];
  readonly #options: WireOptions;
  readonly #random: () => number;
  #queue: Travelling[] = [];
  #head = 0;

  constructor(devices: TunDevices, first: number, options: WireOptions) {
    this.#devices = devices;
    this.#ends = [first, first + 1];
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  /** When the next packet is due, on the clock of `performance.now`. */
  get dueMs(): number {
    return this.#queue[this.#head]?.dueMs ?? Infinity;
  }

  /** Delivers what is due. */
  deliver(): void {
    while (this.dueMs <= performance.now()) {
      const { toDevice, packet } = this.#queue[this.#head++]!;
      this.#devices.write(toDevice, packet);
    }
    if (this.#head === this.#queue.length || this.#head > MAX_QUEUED) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes what was sent. */
  take(): void {
    const { oneWayMs, loss } = this.#options;
    const [a, b] = this.#ends;
    for (const [device, toDevice] of [[a, b], [b, a]] as const) {
      for (let count = 0; count < MAX_BURST; count++) {
        const packet = this.#devices.read(device);
        if (packet === undefined) break;
        const waiting = this.#queue.length - this.#head;
        if (this.#random() < loss || waiting >= MAX_QUEUED) continue;
        const dueMs = performance.now() + oneWayMs;
        this.#queue.push({ dueMs, toDevice, packet });
      }
    }
  }
}

/** Carries packets until standard input ends. */
function carry(devices: TunDevices, wires: readonly Wire[]): void {
  for (let goesOn = true; goesOn;) {
    for (const wire of wires) wire.deliver();
    const dueMs = Math.min(...wires.map((wire) => wire.dueMs));
    const leftMs = Math.min(dueMs - performance.now(), MAX_WAIT_MS);
    goesOn = devices.wait(leftMs - SPIN_MS);
    for (const wire of wires) wire.take();
  }
}

if (import.meta.main) {
  const options: WireOptions[] = JSON.parse(Deno.args[0] ?? "[]");
  setPriority(PRIORITY);
  const devices = makeDevices(options);
  const wires = options.map((wire, index) =>
    new Wire(devices, 2 * index, wire)
  );
  Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
  carry(devices, wires);
  Deno.exit(0);
}
