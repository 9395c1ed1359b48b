import { forEachMessage } from "../lib/wire/bundle.ts";
import { newChannelId } from "../lib/wire/channel_id.ts";
import { decodeMessage } from "../lib/wire/decode.ts";
import {
  DATA_HEADER_BYTES,
  encodeMessage,
  writeDataHeader,
  writeWindow,
} from "../lib/wire/encode.ts";
import { PROTOCOL, TYPE, VERSION } from "../lib/wire/messages.ts";
import { bundleOf } from "../tests/wire/bundles.ts";

const V1 = { v1: true };
const ID = newChannelId();
const BUNDLED = 16;
const SMALL_BYTES = 64;

const SIZES = [
  { name: "64 B", length: SMALL_BYTES },
  { name: "4 KiB", length: 4 * 1024 },
  { name: "64 KiB", length: 64 * 1024 },
];

for (const { name, length } of SIZES) {
  const group = `decode data ${name}`;
  const message = encodeMessage(dataOf(length));
  Deno.bench({
    group,
    name: "naive",
    baseline: true,
    fn: () => void decodeNaive(message),
  });
  Deno.bench({
    group,
    name: "ours",
    fn: () => void decodeMessage(message, V1),
  });
}

for (const { name, length } of SIZES) {
  const group = `encode data ${name}`;
  const data = dataOf(length);
  // The payload was received behind room for its header, so it stays there.
  const buffer = new Uint8Array(DATA_HEADER_BYTES + length);
  Deno.bench({
    group,
    name: "naive",
    baseline: true,
    fn: () => void encodeNaive(data.id, data.payload),
  });
  Deno.bench({
    group,
    name: "encodeMessage",
    fn: () => void encodeMessage(data),
  });
  Deno.bench({
    group,
    name: "writeDataHeader",
    fn: () => void writeDataHeader(buffer, 0, ID, length),
  });
}

{
  const group = "window";
  const message = encodeMessage({ type: "window", id: ID, credit: 65_536 });
  const buffer = new Uint8Array(message.length);
  Deno.bench({
    group,
    name: "decode",
    baseline: true,
    fn: () => void decodeMessage(message, V1),
  });
  Deno.bench({
    group,
    name: "write",
    fn: () => void writeWindow(buffer, 0, ID, 65_536),
  });
}

{
  const group = `${BUNDLED} small messages`;
  const message = encodeMessage(dataOf(SMALL_BYTES));
  const messages = new Array<Uint8Array>(BUNDLED).fill(message);
  const bundle = bundleOf(messages);
  const visit = (bytes: Uint8Array) => void decodeMessage(bytes, V1);
  Deno.bench({
    group,
    name: "decode one by one",
    baseline: true,
    fn: () => {
      for (const bytes of messages) decodeMessage(bytes, V1);
    },
  });
  Deno.bench({
    group,
    name: "decode a bundle",
    fn: () => forEachMessage(bundle, true, visit),
  });
}

function dataOf(length: number) {
  return {
    type: "data",
    protocol: "tcp",
    id: ID,
    compression: 0,
    payload: crypto.getRandomValues(new Uint8Array(length)),
  } as const;
}

/** What one writes first: a view for the numbers, copies for the bytes. */
function decodeNaive(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) >> 4 !== 0) throw new Error("version");
  if (view.getUint8(1) !== TYPE.data) throw new Error("type");
  const length = view.getUint32(20);
  if (bytes.length < 24 + length) throw new Error("length");
  return {
    type: "data",
    protocol: view.getUint8(2) === PROTOCOL.tcp ? "tcp" : "udp",
    id: bytes.slice(3, 19),
    compression: view.getUint8(19),
    payload: bytes.slice(24, 24 + length),
  };
}

/** What one writes first: a new message, a view for it, and the payload copied. */
function encodeNaive(id: Uint8Array, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DATA_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, TYPE.data);
  view.setUint8(2, PROTOCOL.tcp);
  bytes.set(id, 3);
  view.setUint32(20, payload.length);
  bytes.set(payload, DATA_HEADER_BYTES);
  return bytes;
}
