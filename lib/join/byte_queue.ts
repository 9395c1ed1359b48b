import { EMPTY } from "../base/empty.ts";

/** Upper bound on spare room in a piece. */
const MAX_ROOM_BYTES = 65_536;

/**
 * Bytes in order, taken out in other pieces than they were put in. Joins small
 * pieces, so the queue takes at most about twice the memory of its bytes. It
 * has no limit of its own: whoever grants credit bounds it.
 */
export class ByteQueue {
  /** Their memory is never written again where it was read once. */
  readonly #pieces: Uint8Array[] = [];
  /** Where the bytes begin in the first piece. */
  #start = 0;
  /** Where they end in the last one. */
  #end = 0;
  #length = 0;

  /** Bytes that wait. */
  get length(): number {
    return this.#length;
  }

  /** Appends a copy of `bytes`. */
  push(bytes: Uint8Array): void {
    const last = this.#pieces.at(-1);
    const room = last ? last.length - this.#end : 0;
    if (room >= bytes.length) {
      last?.set(bytes, this.#end);
      this.#end += bytes.length;
    } else {
      if (room > 0) last!.set(bytes.subarray(0, room), this.#end);
      this.#addPiece(room > 0 ? bytes.subarray(room) : bytes);
    }
    this.#length += bytes.length;
  }

  /** Its room grows with what waits: one piece costs no more than its bytes. */
  #addPiece(bytes: Uint8Array): void {
    const size = Math.min(this.#length, MAX_ROOM_BYTES);
    let piece: Uint8Array;
    if (size > bytes.length) {
      piece = new Uint8Array(size);
      piece.set(bytes);
    } else {
      piece = bytes.slice();
    }
    this.#pieces.push(piece);
    this.#end = bytes.length;
  }

  /** A view of the first bytes; empty if there are none. */
  front(): Uint8Array {
    const piece = this.#pieces[0] ?? EMPTY;
    const end = this.#pieces.length === 1 ? this.#end : piece.length;
    return this.#start === 0 && end === piece.length
      ? piece
      : piece.subarray(this.#start, end);
  }

  /**
   * A view of all bytes, which stay in the queue. Bytes pushed later are not in
   * it.
   */
  peek(): Uint8Array {
    if (this.#pieces.length > 1) {
      const all = new Uint8Array(this.#length);
      for (let at = 0; at < all.length;) {
        const piece = this.front();
        all.set(piece, at);
        at += piece.length;
        this.drop(piece.length);
      }
      this.#pieces.push(all);
      this.#length = this.#end = all.length;
    }
    return this.front();
  }

  /** Drops the first `count` bytes; `count` is at most `length`. */
  drop(count: number): void {
    this.#length -= count;
    let rest = count;
    while (this.#pieces.length > 1) {
      const here = this.#pieces[0]!.length - this.#start;
      if (rest < here) break;
      rest -= here;
      this.#start = 0;
      this.#pieces.shift();
    }
    this.#start += rest;
    if (this.#length === 0) this.clear();
  }

  /** Moves as many bytes into `into` as there are or fit; returns the count. */
  take(into: Uint8Array): number {
    let at = 0;
    while (at < into.length && this.#length > 0) {
      const piece = this.front();
      const count = Math.min(piece.length, into.length - at);
      into.set(count < piece.length ? piece.subarray(0, count) : piece, at);
      this.drop(count);
      at += count;
    }
    return at;
  }

  /** Throws all away. */
  clear(): void {
    this.#pieces.length = 0;
    this.#start = this.#end = this.#length = 0;
  }
}
