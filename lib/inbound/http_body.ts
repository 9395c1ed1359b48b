const CR = 13;
const LF = 10;
/** Upper bound on the digits of a chunk size: 2^32 bytes are plenty. */
const MAX_SIZE_DIGITS = 8;

/** Finds the end of a request's body; does not change its bytes. */
export interface HttpBody {
  /** Whether the body has ended. */
  readonly ended: boolean;
  /** How many of the next bytes belong to the body; fewer than all: it has ended. */
  take(bytes: Uint8Array): number;
}

/** A body of known length (RFC 9112, section 6.2); 0 for none. */
export class SizedBody implements HttpBody {
  #left: number;

  /** Takes `length` bytes. */
  constructor(length: number) {
    this.#left = length;
  }

  get ended(): boolean {
    return this.#left === 0;
  }

  take(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, this.#left);
    this.#left -= count;
    return count;
  }
}

/**
 * A chunked body (RFC 9112, section 7.1). Malformed input ends it: the target
 * gets the bytes before and answers as it likes.
 */
export class ChunkedBody implements HttpBody {
  #state: "size" | "extension" | "data" | "dataEnd" | "trailer" | "ended" =
    "size";
  /** The size being read, then the bytes of its data still to come. */
  #size = 0;
  #digits = 0;
  #afterCr = false;
  #lineBytes = 0;

  get ended(): boolean {
    return this.#state === "ended";
  }

  take(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "ended") {
      if (this.#state === "data") {
        const count = Math.min(bytes.length - at, this.#size);
        this.#size -= count;
        at += count;
        if (this.#size === 0) this.#state = "dataEnd";
      } else if (this.#isNext(bytes[at]!)) {
        at++;
      } else {
        this.#state = "ended";
      }
    }
    return at;
  }

  /** Consumes one byte that is not data; tells whether it is valid. */
  #isNext(byte: number): boolean {
    if (this.#state === "size") {
      const digit = hexDigit(byte);
      if (digit >= 0) {
        this.#size = this.#size * 16 + digit;
        return ++this.#digits <= MAX_SIZE_DIGITS;
      }
      if (this.#digits === 0) return false;
      this.#state = "extension";
    }
    if (this.#state === "trailer") return this.#isTrailer(byte);
    // A bare CR or LF ends a line for some targets and not for others.
    if (this.#afterCr !== (byte === LF)) return false;
    if (this.#state === "dataEnd" && !this.#afterCr && byte !== CR) {
      return false;
    }
    this.#afterCr = byte === CR;
    if (byte === LF) this.#onLineEnd();
    return true;
  }

  #onLineEnd(): void {
    if (this.#state === "dataEnd") {
      this.#state = "size";
      this.#digits = 0;
    } else {
      this.#state = this.#size === 0 ? "trailer" : "data";
    }
  }

  /** Lines up to an empty one, however they end. */
  #isTrailer(byte: number): boolean {
    if (byte === LF) {
      if (this.#lineBytes === 0) this.#state = "ended";
      this.#lineBytes = 0;
    } else if (byte !== CR) {
      this.#lineBytes++;
    }
    return true;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
