import { assertEquals } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { forEachMessage } from "../../lib/wire/bundle.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { encodeMessage } from "../../lib/wire/encode.ts";
import { inflate } from "../../lib/wire/gzip.ts";
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

Deno.test("what random bytes decode to, can be encoded again", () => {
  const random = seeded(SEED + 3);
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = randomBytes(random, 64);
    bytes.set([0x01, 1 + random() % 8].slice(0, bytes.length));
    // ASCII, so that no replacement character makes a text longer.
    for (let i = 20; i < bytes.length; i++) bytes[i]! &= 0x7f;
    const message = decodeOrUndefined(bytes, false);
    if (message === undefined || isUnknown(message)) continue;
    const again = encodeMessage(message);
    assertEquals(encodeMessage(decodeMessage(again)), again);
  }
});

function isUnknown(message: ReturnType<typeof decodeMessage>): boolean {
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
): ReturnType<typeof decodeMessage> | undefined {
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
