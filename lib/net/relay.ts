import { type Conn, END, FAILED } from "./conn.ts";

/** One buffer for all relays: it is empty again before a call returns. */
const SCRATCH = new Uint8Array(262_144);

/**
 * Joins two conns, of which it becomes the owner: what one sends, the other
 * gets; an end is passed on as an end, a failure as a reset.
 *
 * @param first Bytes that were already read from `a`
 * @returns resolves when both are closed
 */
export function relay(
  a: Conn,
  b: Conn,
  first?: Uint8Array,
): Promise<void> {
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
    last.run();
    finish("reset");
  }
  if (first && first.length > 0) there.prepend(first);
  there.run();
  back.run();
  return promise;
}

/** One direction of a relay. */
class Pump {
  done = false;
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
    for (;;) {
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
