/** A queue on an array with a moving head. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0;
    } else if (this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** State that the queue keeps in each member. */
export interface Queued {
  /** Whether it is in the queue. Set by the queue only. */
  queued: boolean;
}

/**
 * The order in which channels send: those that have just become ready go before
 * those that have used their turn and want more, and each of both groups takes
 * turns (the new and old flows of RFC 8290, section 4.2). So first bytes and
 * keystrokes do not wait behind bulk.
 */
export class ReadyQueue<T extends Queued> {
  readonly #fresh = new Fifo<T>();
  readonly #bulk = new Fifo<T>();

  /** Whether nobody waits. */
  get empty(): boolean {
    return this.#fresh.size === 0 && this.#bulk.size === 0;
  }

  /** Has just become ready. */
  add(item: T): void {
    if (item.queued) return;
    item.queued = true;
    this.#fresh.push(item);
  }

  /** Has sent and wants more. */
  again(item: T): void {
    if (item.queued) return;
    item.queued = true;
    this.#bulk.push(item);
  }

  /** The next to send. */
  next(): T | undefined {
    const item = this.#fresh.shift() ?? this.#bulk.shift();
    if (item) item.queued = false;
    return item;
  }
}
