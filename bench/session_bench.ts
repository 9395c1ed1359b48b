import type { TunnelError } from "../lib/base/errors.ts";
import {
  type Channel,
  type ChannelOwner,
  PULL_END,
} from "../lib/session/channel.ts";
import { Session } from "../lib/session/session.ts";
import { PairedTransport } from "./_transport_pair.ts";

const TARGET = { host: "127.0.0.1", port: 80 };
const FRAME_BYTES = 65_536;
const BULK_FRAMES = 256;
const BULK_BYTES = FRAME_BYTES * BULK_FRAMES;
const OPENED_AT_ONCE = 32;
/** Peers with the extension `synsocks.v1`, and old ones. */
const WIRES = [{ name: "v1", v1: true }, { name: "old wire", v1: false }];

/** Sends as many bytes as it is told to, and tells what comes. */
class Flow implements ChannelOwner {
  channel!: Channel;
  onData: (bytes: number) => void = () => {};
  readonly over = Promise.withResolvers<void>();
  #unsent = 0;
  readonly #endsWithPeer: boolean;
  #end = false;

  constructor(endsWithPeer: boolean) {
    this.#endsWithPeer = endsWithPeer;
    // A channel that is open when its session is closed ends with that error.
    this.over.promise.catch(() => {});
  }

  send(bytes: number): void {
    this.#unsent += bytes;
    this.channel.wake();
  }

  sendEnd(): void {
    this.#end = true;
    this.channel.wake();
  }

  opened(): void {}

  pull(into: Uint8Array): number {
    if (this.#unsent === 0) return this.#end ? PULL_END : 0;
    const count = Math.min(this.#unsent, into.length);
    this.#unsent -= count;
    return count;
  }

  data(payload: Uint8Array): void {
    this.channel.consumed(payload.length);
    this.onData(payload.length);
  }

  ended(): void {
    if (this.#endsWithPeer) this.sendEnd();
    else this.over.resolve();
  }

  closed(error?: TunnelError): void {
    // Without an error it was the peer's DISCONNECT.
    if (error) this.over.reject(error);
    else this.over.resolve();
  }
}

function openPair(
  v1: boolean,
  served: () => Flow,
): { entry: Session; exit: Session } {
  const [near, far] = PairedTransport.pair();
  const atTurnEnd = queueMicrotask;
  const entry = new Session(near, { v1, atTurnEnd });
  const accept = (channel: Channel) => {
    const flow = served();
    flow.channel = channel;
    channel.accept(0);
    return flow;
  };
  const exit = new Session(far, { v1, atTurnEnd, accept });
  return { entry, exit };
}

function openFlow(entry: Session): Flow {
  const flow = new Flow(false);
  flow.channel = entry.open(TARGET, flow);
  return flow;
}

for (const { name, v1 } of WIRES) {
  Deno.bench({
    group: `open and end ${OPENED_AT_ONCE} channels`,
    name,
    baseline: v1,
    async fn(bench) {
      const pair = openPair(v1, () => new Flow(true));
      bench.start();
      const flows = Array.from(
        { length: OPENED_AT_ONCE },
        () => openFlow(pair.entry),
      );
      for (const flow of flows) flow.sendEnd();
      await Promise.all(flows.map(({ over }) => over.promise));
      bench.end();
      await closePair(pair);
    },
  });
}

for (const { name, v1 } of WIRES) {
  Deno.bench({
    group: "16 MiB in frames of 64 KiB",
    name,
    baseline: v1,
    async fn(bench) {
      const done = Promise.withResolvers<void>();
      let received = 0;
      const pair = openPair(v1, () => {
        const flow = new Flow(true);
        flow.onData = (bytes) => {
          received += bytes;
          if (received === BULK_BYTES) done.resolve();
        };
        return flow;
      });
      const flow = openFlow(pair.entry);
      bench.start();
      flow.send(BULK_BYTES);
      await done.promise;
      bench.end();
      await closePair(pair);
    },
  });
}

for (const { name, v1 } of WIRES) {
  Deno.bench({
    group: "one byte there and back",
    name,
    baseline: v1,
    async fn(bench) {
      const pair = openPair(v1, () => {
        const flow = new Flow(true);
        flow.onData = (bytes) => flow.send(bytes);
        return flow;
      });
      const flow = openFlow(pair.entry);
      const roundTrip = async () => {
        const back = Promise.withResolvers<void>();
        flow.onData = () => back.resolve();
        flow.send(1);
        await back.promise;
      };
      // The channel is open afterwards.
      await roundTrip();
      bench.start();
      await roundTrip();
      bench.end();
      await closePair(pair);
    },
  });
}

async function closePair(
  { entry, exit }: { entry: Session; exit: Session },
): Promise<void> {
  entry.close();
  await Promise.all([entry.closed, exit.closed]);
}
