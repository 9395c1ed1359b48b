/** One array with the bytes of all pieces, in order. */
export function joinBytes(
  ...pieces: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
