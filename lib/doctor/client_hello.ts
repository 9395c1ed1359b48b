/**
 * A TLS ClientHello as the first thing that any TLS client sends: TLS 1.3 with
 * 1.2 allowed, one key share of X25519. Nobody has its private key, so no
 * handshake can finish; it only gets the server's first answer.
 *
 * RFC 8446, section 4.1.2, in a record of section 5.1.
 *
 * @param host The name for SNI; an IP address is left out (RFC 6066, section 3).
 */
export function clientHello(host: string): Uint8Array<ArrayBuffer> {
  const name = /[a-z]/i.test(host) && !host.includes(":") ? host : "";
  const extensions = join(
    name === "" ? [] : extension(0, serverName(name)),
    extension(10, sized16([0x00, 0x1d, 0x00, 0x17])), // X25519, P-256
    extension(13, sized16(SIGNATURES)),
    extension(43, sized8([3, 4, 3, 3])), // TLS 1.3, TLS 1.2
    extension(51, sized16([0x00, 0x1d, ...sized16(random(32))])),
  );
  const body = join(
    [3, 3],
    random(32),
    sized8(random(32)), // legacy_session_id
    sized16(CIPHERS),
    [1, 0], // no compression
    sized16(extensions),
  );
  const handshake = join([1, 0], sized16(body));
  return Uint8Array.from(join([22, 3, 1], sized16(handshake)));
}

/** TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256
 * and two of TLS 1.2 with ECDHE. */
const CIPHERS = [0x13, 1, 0x13, 2, 0x13, 3, 0xc0, 0x2b, 0xc0, 0x2f];
/** ECDSA and RSA-PSS with SHA-256, RSA with SHA-256; the same with SHA-384. */
const SIGNATURES = [4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1];

function random(count: number): number[] {
  return [...crypto.getRandomValues(new Uint8Array(count))];
}

function serverName(name: string): number[] {
  return sized16([0, ...sized16([...new TextEncoder().encode(name)])]);
}

function extension(type: number, data: readonly number[]): number[] {
  return [0, type, ...sized16(data)];
}

function sized8(data: readonly number[]): number[] {
  return [data.length, ...data];
}

function sized16(data: readonly number[]): number[] {
  return [data.length >> 8, data.length & 0xff, ...data];
}

function join(...parts: readonly (readonly number[])[]): number[] {
  return parts.flat();
}
