/** What a client without a token calls itself; it names no tunnel. */
export const ANONYMOUS_TOKEN = "anonymous";

const TOKEN_BYTES = 8;

/**
 * The form in which a token travels in the URL of the upgrade, so that logs of
 * proxies on the way do not show it.
 *
 * @param token The token.
 * @returns Its SHA-256 in 64 lowercase hex digits.
 */
export async function hashToken(token: string): Promise<string> {
  const bytes = new TextEncoder().encode(token);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Makes a random token: 8 bytes as 16 lowercase hex digits. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex();
}

/** Whether a token is a reserved word that must not be added to a server. */
export function isReserved(token: string): boolean {
  return token === ANONYMOUS_TOKEN;
}
