import { setImmediate } from "node:timers";
import { type Conn, END, FAILED } from "../net/conn.ts";
import type { HandedOver } from "../net/runtime_sockets.ts";

/** Turns of the loop in which what is under way arrives, or else the way is busy. */
const GIVE_WAY_TURNS = 50;

/** Two conns that are joined. */
export interface Relay {
  /** Resolves when both are closed, or somebody else has them. */
  closed: Promise<void>;
  /** Resets both, unless they are over or somebody else has them. */
  abort(): void;
  /**
   * Lets `take` join the two in another way, at a moment when all that was read was
   * written. While that is busy it is asked again, for some turns of the loop in
   * which nothing is read from `b`; then the relay goes on.
   *
   * @returns what `take` said last; `busy` if it was never asked, `impossible` if
   *   the relay is over in its own way
   */
  giveWay(take: () => HandedOver): Promise<HandedOver>;
}

/** One buffer for all relays: it is empty again before a call returns. */
const SCRATCH = new Uint8Array(262_144);

/**
 * Joins two conns, of which it becomes the owner: what one sends, the other
 * gets; an end is passed on as an end, a failure as a reset.
 *
 * @param first Bytes that were already read from `a`
 */
export function relay(
  a: Conn,
  b: Conn,
  first?: Uint8Array,
): Relay {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ended = false;
  function finish(how: "close" | "reset"): void {
    if (ended) return;
    ended = true;
    a[how]();
    b[how]();
    resolve();
  }
  const there = new Pump(a, b, onPumpEnd);
  const back = new Pump(b, a, onPumpEnd);
  function onPumpEnd(failed: boolean): void {
    if (failed) finish("reset");
    else if (there.done && back.done) finish("close");
  }
  a.handler = {
    readable: () => there.run(),
    writable: () => back.run(),
    failed: () => breakOff(there),
  };
  b.handler = {
    readable: () => back.run(),
    writable: () => there.run(),
    failed: () => breakOff(back),
  };
  // A server that refuses an upload answers and resets: the answer counts.
  function breakOff(last: Pump): void {
    last.paused = false;
    last.run();
    finish("reset");
  }
  if (first && first.length > 0) there.prepend(first);
  there.run();
  back.run();
  return {
    closed: promise,
    abort: () => finish("reset"),
    async giveWay(take) {
      let handed: HandedOver = "busy";
      back.paused = true;
      for (let turn = 0; turn < GIVE_WAY_TURNS && !ended; turn++) {
        there.run();
        if (!ended && there.isEmpty && back.isEmpty) handed = take();
        if (handed !== "busy") break;
        await new Promise<void>((next) => void setImmediate(next));
      }
      back.paused = false;
      if (handed === "done") {
        ended = true;
        resolve();
        return handed;
      }
      if (!ended) back.run();
      return ended ? "impossible" : handed;
    },
  };
}

/** One direction of a relay. */
class Pump {
  done = false;
  /** Reads nothing for now. */
  paused = false;
  readonly #from: Conn;
  readonly #to: Conn;
  readonly #onEnd: (failed: boolean) => void;
  /** What was read and did not fit yet; nothing more is read before it does. */
  #rest: Uint8Array | undefined;

  constructor(from: Conn, to: Conn, onEnd: (failed: boolean) => void) {
    this.#from = from;
    this.#to = to;
    this.#onEnd = onEnd;
  }

  /** Whether all that was read was written, and more may come. */
  get isEmpty(): boolean {
    return !this.done && this.#rest === undefined;
  }

  prepend(bytes: Uint8Array): void {
    this.#rest = bytes;
  }

  run(): void {
    if (this.done) return;
    if (this.#rest) {
      const rest = this.#rest;
      const count = this.#to.write(rest);
      if (count === FAILED) return this.#end(true);
      this.#rest = count < rest.length ? rest.subarray(count) : undefined;
      if (this.#rest) return;
    }
    while (!this.paused) {
      const count = this.#from.read(SCRATCH);
      if (count === 0) return;
      if (count === FAILED) return this.#end(true);
      if (count === END) {
        this.#to.closeWrite();
        return this.#end(false);
      }
      const written = this.#to.write(SCRATCH.subarray(0, count));
      if (written === FAILED) return this.#end(true);
      if (written < count) {
        this.#rest = SCRATCH.slice(written, count);
        return;
      }
    }
  }

  #end(failed: boolean): void {
    this.done = true;
    this.#onEnd(failed);
  }
}
