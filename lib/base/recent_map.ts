/** A map of bounded size that drops the least recently used entry. */
export class RecentMap<V> {
  readonly #capacity: number;
  /** A `Map` keeps the order in which keys were added. */
  readonly #values = new Map<string, V>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many there are. */
  get size(): number {
    return this.#values.size;
  }

  /** Returns a value and makes it the most recently used. */
  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** Sets a value and makes it the most recently used. */
  set(key: string, value: V): void {
    this.#values.delete(key);
    if (this.#values.size >= this.#capacity) {
      const [oldest] = this.#values.keys();
      this.#values.delete(oldest!);
    }
    this.#values.set(key, value);
  }

  /** Deletes a value; tells whether it was there. */
  delete(key: string): boolean {
    return this.#values.delete(key);
  }

  /** All entries, most recently used last. */
  entries(): IterableIterator<[string, V]> {
    return this.#values.entries();
  }
}
