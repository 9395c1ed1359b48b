import { assert, assertEquals } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { forEachMessage } from "../../lib/wire/bundle.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import { inflate } from "../../lib/wire/gzip.ts";
import { type Message, TYPE } from "../../lib/wire/messages.ts";
import { unhex } from "./bytes.ts";
import { GOLDEN } from "./golden.ts";
import { BASE, V1 } from "./samples.ts";

const ROUNDS = 10_000;
const SEED = 0x5eed;

Deno.test("random bytes throw nothing but TunnelError", () => {
  const random = seeded(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    assertOnlyTunnelError(randomBytes(random, 80));
  }
});

Deno.test("random bytes behind a header throw nothing but TunnelError", () => {
  const random = seeded(SEED + 1);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(random, 80);
    bytes.set([0x01, random() % 0x26].slice(0, bytes.length));
    assertOnlyTunnelError(bytes);
  }
});

Deno.test("messages with changed bytes throw nothing but TunnelError", () => {
  const random = seeded(SEED + 2);
  const samples = [...GOLDEN, ...BASE, ...V1];
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = unhex(samples[random() % samples.length]!.hex);
    for (let changes = random() % 4; changes >= 0; changes--) {
      bytes[random() % bytes.length] = random();
    }
    assertOnlyTunnelError(bytes.subarray(0, random() % (bytes.length + 1)));
  }
});

/** Messages of each type that have to be understood, so that they are compared. */
const FLOOR = 50;
/** What a JSON message may say, apart from its type. */
const JSONS = [
  { count: 3 },
  { count: -1.5, more: [1] },
  { level: "warn", msg: "text" },
  { level: 7, msg: "\u{1f600}" },
  {},
];
const JSON_TYPES: readonly number[] = [
  ...[TYPE.log, TYPE.partners],
  ...[TYPE.directCapabilities, TYPE.directRendezvous, TYPE.directStatus],
];

Deno.test("what random fields decode to, can be encoded again", () => {
  const random = seeded(SEED + 3);
  const codes = Object.values(TYPE).filter((code) => code !== TYPE.bundle);
  const counts = new Map<number, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const code = codes[round % codes.length]!;
    const bytes = JSON_TYPES.includes(code)
      ? randomJson(random, code)
      : randomFields(random, code);
    const message = decodeOrUndefined(bytes, true);
    if (message === undefined || isUnknown(message)) continue;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    const again = encodeMessage(message);
    assertEquals(encodeMessage(decodeMessage(again, { v1: true })), again);
  }
  for (const code of codes) {
    const count = counts.get(code) ?? 0;
    assert(count >= FLOOR, `type ${code}: ${count} messages understood`);
  }
});

/** A message of mostly small bytes: lengths that fit, and codes that mean something. */
function randomFields(random: () => number, code: number): Uint8Array {
  // ASCII, so that no replacement character makes a text longer.
  const bytes = randomBytes(random, 90).map((byte) =>
    byte & (byte & 0x80 ? 0x03 : 0x7f)
  );
  bytes.set([0x01, code].slice(0, bytes.length));
  if (code === TYPE.connect || code === TYPE.data) {
    bytes.fill(1 + random() % 2, 2, 3);
  }
  // The length of a payload is four bytes long.
  if (code === TYPE.data) bytes.fill(0, 20, 23);
  return bytes;
}

function randomJson(random: () => number, code: number): Uint8Array {
  const text = JSON.stringify(JSONS[random() % JSONS.length]);
  const json = new TextEncoder().encode(text);
  return Uint8Array.of(1, code, 0, 0, 0, json.length, ...json);
}

function isUnknown(message: Message): boolean {
  return "protocol" in message && message.protocol === "unknown";
}

function assertOnlyTunnelError(bytes: Uint8Array): void {
  for (const v1 of [false, true]) {
    try {
      forEachMessage(bytes, v1, (message) => {
        const decoded = decodeMessage(message, { v1 });
        if (decoded.type === "data" && decoded.compression === 1) {
          inflate(decoded.payload);
        }
      });
    } catch (error) {
      if (!(error instanceof TunnelError)) throw error;
    }
  }
}

function decodeOrUndefined(
  bytes: Uint8Array,
  v1: boolean,
): Message | undefined {
  try {
    return decodeMessage(bytes, { v1 });
  } catch {
    return undefined;
  }
}

function randomBytes(random: () => number, maxLength: number): Uint8Array {
  return Uint8Array.from({ length: random() % (maxLength + 1) }, random);
}

/** xorshift32: the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
