/** RFC 6455, section 5.2: two bytes, then 0, 2 or 8 of length, then the mask. */
const HEADER_BYTES = 2;
const MASK_BYTES = 4;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/** Finds the ends of WebSocket frames in a byte stream. */
export class FrameBoundary {
  /** Bytes before the next header. */
  #skip: number;
  /** The header so far. */
  readonly #header = new Uint8Array(HEADER_BYTES + 8);
  #have = 0;

  /** The first frame begins behind `skipBytes`. */
  constructor(skipBytes: number = 0) {
    this.#skip = skipBytes;
  }

  /** Whether what has passed ends with a frame. */
  get isBetween(): boolean {
    return this.#skip === 0 && this.#have === 0;
  }

  /** `bytes` have passed. */
  passed(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#step(bytes, at);
  }

  /** Where in `bytes`, which come next, the present frame ends. */
  next(bytes: Uint8Array): number | undefined {
    const copy = new FrameBoundary(this.#skip);
    copy.#header.set(this.#header);
    copy.#have = this.#have;
    for (let at = 0; at < bytes.length;) {
      at += copy.#step(bytes, at);
      if (copy.isBetween) return at;
    }
    return undefined;
  }

  /** Goes on at `at`, by as many bytes as it gives, but not beyond a frame. */
  #step(bytes: Uint8Array, at: number): number {
    if (this.#skip > 0) {
      const count = Math.min(this.#skip, bytes.length - at);
      this.#skip -= count;
      return count;
    }
    this.#header[this.#have++] = bytes[at]!;
    if (this.#have >= HEADER_BYTES) this.#endHeader();
    return 1;
  }

  #endHeader(): void {
    const view = new DataView(this.#header.buffer);
    const code = this.#header[1]! & 0x7f;
    const lengthBytes = code === LENGTH_16 ? 2 : code === LENGTH_64 ? 8 : 0;
    if (this.#have < HEADER_BYTES + lengthBytes) return;
    const length = code === LENGTH_16
      ? view.getUint16(HEADER_BYTES)
      : code === LENGTH_64
      ? Number(view.getBigUint64(HEADER_BYTES))
      : code;
    const isMasked = (this.#header[1]! & 0x80) !== 0;
    this.#skip = length + (isMasked ? MASK_BYTES : 0);
    this.#have = 0;
  }
}
