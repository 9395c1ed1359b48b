/** RFC 8446, section 5.1. */
const TLS_HANDSHAKE = 22;
const TLS_CHANGE_CIPHER_SPEC = 20;
/** RFC 8446, section 4. */
const CLIENT_HELLO = 1;
const TLS_RECORD_HEADER_BYTES = 5;

/** Safe methods: RFC 9110, 9.2.1. */
const SAFE_METHODS = ["GET ", "HEAD ", "OPTIONS "].map((text) =>
  new TextEncoder().encode(text)
);

/**
 * Whether these first bytes may safely arrive twice, as SYN data can (RFC 7413,
 * section 2.1): a TLS ClientHello without early data, or HTTP requests that are
 * all GET, HEAD or OPTIONS.
 */
export function isSafeToRepeat(first: Uint8Array): boolean {
  return first[0] === TLS_HANDSHAKE ? isClientHello(first) : isSafeHttp(first);
}

/** Handshake records only: TLS early data would be an application record. */
function isClientHello(bytes: Uint8Array): boolean {
  if (bytes[1] !== 3 || bytes[TLS_RECORD_HEADER_BYTES] !== CLIENT_HELLO) {
    return false;
  }
  let at = 0;
  while (at < bytes.length) {
    const type = bytes[at];
    if (type !== TLS_HANDSHAKE && type !== TLS_CHANGE_CIPHER_SPEC) return false;
    if (at + TLS_RECORD_HEADER_BYTES > bytes.length) return false;
    at += TLS_RECORD_HEADER_BYTES + ((bytes[at + 3]! << 8) | bytes[at + 4]!);
  }
  return true;
}

function isSafeHttp(bytes: Uint8Array): boolean {
  let at = 0;
  while (at < bytes.length) {
    if (!SAFE_METHODS.some((method) => startsWith(bytes, at, method))) {
      return false;
    }
    at = endOfHead(bytes, at);
  }
  return at > 0;
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  if (at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text[i]) return false;
  }
  return true;
}

/** The offset after the blank line that ends a head, or after all bytes. */
function endOfHead(bytes: Uint8Array, from: number): number {
  for (
    let at = bytes.indexOf(10, from);
    at >= 0;
    at = bytes.indexOf(10, at + 1)
  ) {
    if (bytes[at + 1] === 10) return at + 2;
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3;
  }
  return bytes.length;
}
