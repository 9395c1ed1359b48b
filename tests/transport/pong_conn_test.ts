import { assertEquals } from "@std/assert";
import { type Conn, type ConnHandler, IGNORE } from "../../lib/net/conn.ts";
import { PongConn } from "../../lib/transport/pong_conn.ts";
import { between, randomBytes, seededRandom } from "../net/_random.ts";

/** A conn that takes as much as `takes` says, and keeps it. */
class NarrowConn implements Conn {
  readonly local = { host: "127.0.0.1", port: 1 };
  readonly remote = { host: "127.0.0.1", port: 2 };
  readonly fastOpen = { result: "off", rttUs: 0 } as const;
  readonly error = undefined;
  handler: ConnHandler = IGNORE;
  readonly taken: number[] = [];
  readonly #takes: (wanted: number) => number;

  constructor(takes: (wanted: number) => number) {
    this.#takes = takes;
  }

  read(): number {
    return 0;
  }

  write(bytes: Uint8Array): number {
    const count = this.#takes(bytes.length);
    this.taken.push(...bytes.subarray(0, count));
    return count;
  }

  closeWrite(): void {}
  close(): void {}
  reset(): void {}
}

/** A masked frame: RFC 6455, section 5.2. */
function frame(payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const size = length < 126
    ? [0x80 | length]
    : length < 65_536
    ? [0x80 | 126, length >> 8, length & 255]
    : [
      0x80 | 127,
      0,
      0,
      0,
      0,
      0,
      length >> 16,
      length >> 8 & 255,
      length & 255,
    ];
  return new Uint8Array([0x82, ...size, 1, 2, 3, 4, ...payload]);
}

/** Takes pongs out; fails if one is not between frames. */
function withoutPongs(
  bytes: Uint8Array,
  skip: number,
): { rest: Uint8Array; pongs: number } {
  const rest: number[] = [...bytes.subarray(0, skip)];
  let pongs = 0;
  for (let at = skip; at < bytes.length;) {
    const code = bytes[at + 1]! & 127;
    const view = new DataView(bytes.buffer, at);
    const [head, length] = code < 126
      ? [2, code]
      : code === 126
      ? [4, view.getUint16(2)]
      : [10, Number(view.getBigUint64(2))];
    const end = at + head + 4 + length;
    if (bytes[at] === 0x8a) pongs++;
    else for (let i = at; i < end; i++) rest.push(bytes[i]!);
    at = end;
  }
  return { rest: new Uint8Array(rest), pongs };
}

Deno.test("[16] PongConn puts pongs between frames only", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed);
    const head = randomBytes(random, between(random, 0, 50));
    const sizes = [0, 10, 125, 126, 1000, 65_535, 65_536];
    const stream: number[] = [...head];
    for (let i = 0; i < 8; i++) {
      const size = sizes[between(random, 0, sizes.length - 1)]!;
      for (const byte of frame(randomBytes(random, size))) stream.push(byte);
    }
    const bytes = new Uint8Array(stream);
    const narrow = new NarrowConn((wanted) =>
      random() < 0.3 ? 0 : between(random, 0, wanted)
    );
    const conn = new PongConn(narrow, head.length);
    conn.handler = IGNORE;
    let asked = 0;
    for (let at = 0; at < bytes.length;) {
      if (random() < 0.2) {
        conn.pong();
        asked++;
      }
      const longest = [1, 20, 5000, 100_000][between(random, 0, 3)]!;
      at += conn.write(bytes.subarray(at, at + between(random, 1, longest)));
    }
    // All frames are there: what is left of a pong follows when there is room.
    conn.pong();
    for (let turn = 0; turn < 100; turn++) narrow.handler.writable();
    const { rest, pongs } = withoutPongs(
      new Uint8Array(narrow.taken),
      head.length,
    );
    assertEquals(rest.length, bytes.length, `seed ${seed}`);
    assertEquals(rest.every((byte, i) => byte === bytes[i]), true);
    assertEquals(pongs >= 1 && pongs <= asked + 1, true, `seed ${seed}`);
  }
});
