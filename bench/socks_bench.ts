import {
  parseGreeting,
  parseLogin,
  parseRequest,
} from "../lib/inbound/socks5.ts";
import { Handshake } from "../lib/inbound/handshake.ts";
import { type Conn, type ConnHandler, IGNORE } from "../lib/net/conn.ts";

const ENCODER = new TextEncoder();
const HOST = ENCODER.encode("www.example.com");
const GREETING = new Uint8Array([5, 2, 0, 2]);
const LOGIN = new Uint8Array([1, 1, 97, 1, 98]);
const IPV4 = new Uint8Array([5, 1, 0, 1, 192, 0, 2, 1, 0, 80]);
const IPV6 = new Uint8Array([
  ...[5, 1, 0, 4],
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0, 80],
]);
const DOMAIN = new Uint8Array([5, 1, 0, 3, HOST.length, ...HOST, 0, 80]);
const ADDRESS = { host: "127.0.0.1", port: 1 };

/** A conn that gives what is in memory and forgets what is written. */
class MemoryConn implements Conn {
  readonly local = ADDRESS;
  readonly remote = ADDRESS;
  readonly fastOpen = { result: "off", rttUs: 0 } as const;
  readonly error = undefined;
  handler: ConnHandler = IGNORE;
  readonly #pieces: readonly Uint8Array[];
  #next = 0;

  constructor(pieces: readonly Uint8Array[]) {
    this.#pieces = pieces;
  }

  read(into: Uint8Array): number {
    const piece = this.#pieces[this.#next];
    if (!piece) return 0;
    this.#next++;
    into.set(piece);
    return piece.length;
  }

  write(bytes: Uint8Array): number {
    return bytes.length;
  }

  closeWrite(): void {}
  close(): void {}
  reset(): void {}
}

Deno.bench({
  group: "parse",
  name: "greeting",
  baseline: true,
  fn: () => void parseGreeting(GREETING),
});
Deno.bench({
  group: "parse",
  name: "login",
  fn: () => void parseLogin(LOGIN),
});
for (
  const [name, request] of [
    ["IPv4", IPV4],
    ["IPv6", IPV6],
    ["domain", DOMAIN],
  ] as const
) {
  Deno.bench({
    group: "parse",
    name: `request for ${name}`,
    fn: () => void parseRequest(request),
  });
}

const WHOLE = new Uint8Array([...GREETING, ...DOMAIN]);
const WAYS = [
  { name: "in one piece", pieces: [WHOLE] },
  { name: "step by step", pieces: [GREETING, DOMAIN] },
  {
    name: "byte by byte",
    pieces: Array.from(WHOLE, (byte) => new Uint8Array([byte])),
  },
];

for (const { name, pieces } of WAYS) {
  Deno.bench({
    group: "handshake for a domain",
    name,
    baseline: pieces.length === 1,
    fn: () => {
      let seen = false;
      new Handshake(new MemoryConn(pieces), {
        requested: () => seen = true,
        failed: () => {},
      }).start();
      if (!seen) throw new Error("the request was not seen");
    },
  });
}
