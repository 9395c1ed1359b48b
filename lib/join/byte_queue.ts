/** Bytes in order, taken out in other pieces than they were put in. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#bytes;
  }

  /** Puts a copy of `piece` behind the others. */
  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece.slice());
    this.#bytes += piece.length;
  }

  /** Moves bytes into `into`, as many as there are or fit; gives how many. */
  take(into: Uint8Array): number {
    let at = 0;
    while (at < into.length && this.#bytes > 0) {
      const piece = this.#pieces[this.#head]!;
      const count = Math.min(piece.length, into.length - at);
      into.set(count < piece.length ? piece.subarray(0, count) : piece, at);
      at += count;
      this.#bytes -= count;
      if (count < piece.length) {
        this.#pieces[this.#head] = piece.subarray(count);
      } else {
        this.#pieces[this.#head++] = EMPTY;
      }
    }
    if (this.#bytes === 0) this.clear();
    return at;
  }

  /** Throws all away. */
  clear(): void {
    if (this.#pieces.length > 0) this.#pieces = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}

const EMPTY = new Uint8Array(0);
