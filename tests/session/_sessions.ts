import { type Channel, PULL_END } from "../../lib/session/channel.ts";
import type { ChannelOwner, Opened } from "../../lib/session/channel.ts";
import type { TunnelError } from "../../lib/base/errors.ts";
import { Session, type SessionOptions } from "../../lib/session/session.ts";
import type { Transport } from "../../lib/session/transport.ts";
import { MemoryTransport } from "./_transport_pair.ts";

/** Two sessions with their transports. */
export interface SessionPair {
  /** Opens channels. */
  entry: Session;
  /** Is asked for channels. */
  exit: Session;
  /** Below `entry`. */
  entryEnd: MemoryTransport;
  /** Below `exit`. */
  exitEnd: MemoryTransport;
}

/** Runs tasks at the end of the turn. */
export function atTurnEnd(task: () => void): void {
  queueMicrotask(task);
}

/** A session over a new transport, whose other end is in the test's hands. */
export function lonelySession(
  options: Partial<SessionOptions> = {},
): { session: Session; end: MemoryTransport; far: MemoryTransport } {
  const [end, far] = MemoryTransport.pair();
  const session = new Session(end, { atTurnEnd, ...options });
  return { session, end, far };
}

/** Joins two sessions in memory. */
export function openPair(
  v1: boolean,
  accept: NonNullable<SessionOptions["accept"]>,
  options: Partial<SessionOptions> = {},
): SessionPair {
  const [entryEnd, exitEnd] = MemoryTransport.pair();
  const pair = joinSessions([entryEnd, exitEnd], v1, accept, options);
  return { ...pair, entryEnd, exitEnd };
}

/** Joins two sessions over the two ends of any transport. */
export function joinSessions(
  [entryEnd, exitEnd]: readonly [Transport, Transport],
  v1: boolean,
  accept: NonNullable<SessionOptions["accept"]>,
  options: Partial<SessionOptions> = {},
): { entry: Session; exit: Session } {
  const entry = new Session(entryEnd, { v1, atTurnEnd, ...options });
  const exit = new Session(exitEnd, { v1, atTurnEnd, accept, ...options });
  return { entry, exit };
}

/** Closes both and waits until they are. */
export async function closePair(
  { entry, exit }: { entry: Session; exit: Session },
): Promise<void> {
  entry.close();
  await entry.closed;
  await exit.closed;
  await MemoryTransport.settled();
}

/** An owner that writes down what happens, and sends what it is given. */
export class Recorder implements ChannelOwner {
  /** What the peer sent, in order. */
  readonly pieces: Uint8Array[] = [];
  /** What happened beside data, in order. */
  readonly events: string[] = [];
  /** Resolves at `opened`. */
  readonly isOpen = Promise.withResolvers<void>();
  /** Resolves at `ended`. */
  readonly isEnded = Promise.withResolvers<void>();
  /** Resolves at `closed`. */
  readonly isClosed = Promise.withResolvers<TunnelError | undefined>();
  /** Set by the test, to give credit back. */
  channel: Channel | undefined;
  /** What `opened` said. */
  flags: number | undefined;
  /** Whether bytes count as gone at once. */
  consumes = true;
  /** Bytes that came and do not count as gone yet. */
  unconsumedBytes = 0;
  #out: Uint8Array[] = [];
  #end = false;

  /** How much came. */
  get byteCount(): number {
    return this.pieces.reduce((sum, one) => sum + one.length, 0);
  }

  /** All that came, as one. */
  get bytes(): Uint8Array {
    const all = new Uint8Array(this.byteCount);
    let at = 0;
    for (const piece of this.pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** Whether bytes wait to be pulled. */
  get hasMore(): boolean {
    return this.#out.length > 0;
  }

  /** Puts bytes in the way of `pull`. */
  send(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#out.push(bytes);
    this.channel?.wake();
  }

  /** Nothing follows. */
  sendEnd(): void {
    this.#end = true;
    this.channel?.wake();
  }

  /** Set by the test, to answer the peer. */
  started?: () => unknown;

  opened({ flags }: Opened): void {
    this.flags = flags;
    this.events.push("opened");
    this.isOpen.resolve();
  }

  pull(into: Uint8Array): number {
    const piece = this.#out[0];
    if (!piece) return this.#end ? PULL_END : 0;
    const count = Math.min(piece.length, into.length);
    into.set(piece.subarray(0, count));
    if (count < piece.length) this.#out[0] = piece.subarray(count);
    else this.#out.shift();
    return count;
  }

  data(payload: Uint8Array): void {
    this.pieces.push(payload.slice());
    if (this.consumes) this.channel?.consumed(payload.length);
    else this.unconsumedBytes += payload.length;
  }

  /** Up to `bytes` of those that came count as gone. */
  consume(bytes: number): void {
    const count = Math.min(bytes, this.unconsumedBytes);
    this.unconsumedBytes -= count;
    if (count > 0) this.channel?.consumed(count);
  }

  ended(): void {
    this.events.push("ended");
    this.isEnded.resolve();
  }

  closed(error?: TunnelError): void {
    this.events.push(error ? `closed: ${error.code}` : "closed");
    this.isClosed.resolve(error);
  }
}
