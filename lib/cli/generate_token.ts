/** Bytes of a made-up token; each becomes two hex digits, as in LinkSocks. */
const TOKEN_BYTES = 8;

/**
 * Makes up a token.
 *
 * @returns 16 lowercase hex digits.
 */
export function generateToken(): string {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex();
}
