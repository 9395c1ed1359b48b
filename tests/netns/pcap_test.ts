import { assertEquals, assertThrows } from "@std/assert";
import { parsePcap, tallyHandshakes } from "./_pcap.ts";

const APP = [10, 0, 0, 1];
const TARGET = [10, 0, 0, 2];
const COOKIE_REQUEST = [34, 2, 1, 1];
const OLD_COOKIE_REQUEST = [1, 254, 4, 0xf9, 0x89, 0, 0, 0];
const COOKIE = [34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1];
const SYN = 0x02;
const SYN_ACK = 0x12;
const RST_ACK = 0x14;

interface Packet {
  port: number;
  flags: number;
  seq?: number;
  ack?: number;
  options?: number[];
  payload?: number;
}

function frame(packet: Packet): Uint8Array {
  const { port, flags, seq = 0, ack = 0, options = [], payload = 0 } = packet;
  const bytes = new Uint8Array(54 + options.length + payload);
  const view = new DataView(bytes.buffer);
  const toTarget = flags === SYN;
  view.setUint16(12, 0x0800);
  bytes[14] = 0x45;
  view.setUint16(16, bytes.length - 14);
  bytes[23] = 6;
  bytes.set(toTarget ? APP : TARGET, 26);
  bytes.set(toTarget ? TARGET : APP, 30);
  view.setUint16(34, toTarget ? port : 80);
  view.setUint16(36, toTarget ? 80 : port);
  view.setUint32(38, seq);
  view.setUint32(42, ack);
  bytes[46] = (20 + options.length) / 4 << 4;
  bytes[47] = flags;
  bytes.set(options, 54);
  return bytes;
}

function file(frames: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = frames.reduce((sum, one) => sum + 16 + one.length, 24);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint32(20, 1, true);
  let at = 24;
  for (const one of frames) {
    view.setUint32(at + 8, one.length, true);
    view.setUint32(at + 12, one.length, true);
    bytes.set(one, at + 16);
    at += 16 + one.length;
  }
  return bytes;
}

/** Each conn's app has a port of its own. */
const PACKETS: Packet[] = [
  { port: 1, flags: SYN, seq: 0xffffffff, options: COOKIE, payload: 10 },
  { port: 1, flags: SYN_ACK, ack: 10 },
  { port: 2, flags: SYN, seq: 5, options: COOKIE, payload: 10 },
  { port: 2, flags: SYN_ACK, ack: 6 },
  { port: 3, flags: SYN, options: COOKIE_REQUEST },
  { port: 3, flags: SYN_ACK, ack: 1 },
  { port: 4, flags: SYN, options: OLD_COOKIE_REQUEST },
  { port: 4, flags: SYN_ACK, ack: 1 },
  { port: 5, flags: SYN, options: COOKIE, payload: 10 },
  { port: 5, flags: SYN },
  { port: 5, flags: SYN_ACK, ack: 1 },
  { port: 6, flags: SYN },
  { port: 6, flags: RST_ACK, ack: 1 },
  { port: 7, flags: SYN },
  { port: 7, flags: SYN_ACK, ack: 1 },
  { port: 8, flags: SYN, options: COOKIE_REQUEST },
  { port: 9, flags: SYN, options: COOKIE_REQUEST },
  { port: 9, flags: RST_ACK, ack: 1 },
];

Deno.test("tallyHandshakes() tells what became of each SYN", () => {
  assertEquals(tallyHandshakes(parsePcap(file(PACKETS.map(frame)))), {
    "10.0.0.2:80": {
      ...{ attempted: 7, conns: 6, acknowledged: 1, noCookie: 2 },
      ...{ notAcknowledged: 1, synRepeated: 1, refused: 1 },
    },
  });
});

Deno.test("parsePcap() takes what is complete of a file cut anywhere", () => {
  const whole = file(PACKETS.slice(0, 3).map(frame));
  const segments = parsePcap(whole);
  assertEquals(segments.length, 3);
  for (let length = 0; length < whole.length; length++) {
    const some = parsePcap(whole.subarray(0, length));
    assertEquals(some, segments.slice(0, some.length));
  }
});

Deno.test("parsePcap() leaves out frames that are cut in a header", () => {
  const [syn] = PACKETS.map(frame);
  for (let length = 0; length < 54 + COOKIE.length; length++) {
    assertEquals(parsePcap(file([syn!.subarray(0, length)])), []);
  }
});

Deno.test("parsePcap() survives any options", () => {
  for (let kind = 0; kind < 256; kind++) {
    for (let length = 0; length < 256; length += 5) {
      const options = [kind, length, 0xf9, 0x89];
      const packet = { port: 1, flags: SYN, options };
      assertEquals(parsePcap(file([frame(packet)])).length, 1);
    }
  }
});

Deno.test("parsePcap() rejects what is no such file", () => {
  const bytes = file([]);
  bytes[0] = 0;
  assertThrows(() => parsePcap(bytes), RangeError, "no pcap file");
  const long = file([new Uint8Array(60)]);
  new DataView(long.buffer).setUint32(32, 2 ** 31, true);
  assertThrows(() => parsePcap(long), RangeError, "2147483648 bytes");
});
