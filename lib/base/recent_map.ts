/** A map with room for so many: what was not used for the longest time goes. */
export class RecentMap<V> {
  readonly #capacity: number;
  /** A `Map` keeps the order in which keys were added. */
  readonly #values = new Map<string, V>();

  /** Is empty. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many there are. */
  get size(): number {
    return this.#values.size;
  }

  /** Gives a value, which is the one that was used last from now on. */
  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** Sets a value, which is the one that was used last. */
  set(key: string, value: V): void {
    this.#values.delete(key);
    if (this.#values.size >= this.#capacity) {
      const [oldest] = this.#values.keys();
      this.#values.delete(oldest!);
    }
    this.#values.set(key, value);
  }

  /** Forgets a value; tells whether it was there. */
  delete(key: string): boolean {
    return this.#values.delete(key);
  }

  /** All, the one that was used last at the end. */
  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }
}
