// Arithmetic on bytes and not a DataView: a view would have to be made for each
// message, which costs more than everything else that a decoder does. Callers
// have checked that the bytes are there.

/** The unsigned 16-bit number at `offset`, most significant byte first. */
export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

/** The unsigned 32-bit number at `offset`, most significant byte first. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0;
}

/** Writes an unsigned 16-bit number and returns the offset behind it. */
export function writeUint16(
  into: Uint8Array,
  offset: number,
  value: number,
): number {
  into[offset] = value >>> 8;
  into[offset + 1] = value;
  return offset + 2;
}

/** Writes an unsigned 32-bit number and returns the offset behind it. */
export function writeUint32(
  into: Uint8Array,
  offset: number,
  value: number,
): number {
  into[offset] = value >>> 24;
  into[offset + 1] = value >>> 16;
  into[offset + 2] = value >>> 8;
  into[offset + 3] = value;
  return offset + 4;
}
