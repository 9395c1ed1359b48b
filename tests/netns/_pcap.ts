/* Reads what `tcpdump -w` writes: enough of pcap, Ethernet, IPv4 and TCP to see what
 * SYNs carried and what was answered. */

/** One TCP segment. */
export interface Segment {
  /** Address and port of the sender, `127.0.0.1:80`. */
  from: string;
  /** Of the receiver. */
  to: string;
  seq: number;
  ack: number;
  /** The flags SYN, ACK and RST. */
  flags: { syn: boolean; ack: boolean; rst: boolean };
  /** As the IP header says, also if less of it was kept. */
  payloadBytes: number;
  /** The option of TCP Fast Open (RFC 7413, section 2.1): asked for or given. */
  cookie: "none" | "requested" | "given";
}

/** pcap-savefile(5): times in microseconds, in the byte order of this machine. */
const MAGIC = 0xa1b2c3d4;
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const LINK_ETHERNET = 1;
/** More than any packet that tcpdump keeps. */
const MAX_RECORD_BYTES = 262_144;
const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;
const IPV4_BYTES = 20;
const PROTOCOL_TCP = 6;
const TCP_BYTES = 20;
const FLAG = { syn: 0x02, rst: 0x04, ack: 0x10 };
const OPTION = { end: 0, noOperation: 1, fastOpen: 34, experiment: 254 };
/** The option of the experiment before RFC 7413 (RFC 6994); Linux asks so when
 * the option of the RFC was left alone. */
const FAST_OPEN_MAGIC = 0xf989;

/**
 * All TCP segments over IPv4 that are there as a whole; a record at the end that is
 * not complete yet is left out.
 *
 * @throws {RangeError} if it is no such file, or a record is longer than can be
 */
export function parsePcap(bytes: Uint8Array): Segment[] {
  if (bytes.length < FILE_HEADER_BYTES) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError("no pcap file");
  const link = view.getUint32(20, true);
  if (link !== LINK_ETHERNET) throw new RangeError(`link type ${link}`);
  const segments: Segment[] = [];
  let at = FILE_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= bytes.length) {
    const length = view.getUint32(at + 8, true);
    if (length > MAX_RECORD_BYTES) throw new RangeError(`${length} bytes`);
    const start = at + RECORD_HEADER_BYTES;
    at = start + length;
    if (at > bytes.length) break;
    const segment = parseFrame(bytes.subarray(start, at));
    if (segment) segments.push(segment);
  }
  return segments;
}

/** Nothing if it is something else than TCP over IPv4, or cut in a header. */
function parseFrame(frame: Uint8Array): Segment | undefined {
  if (frame.length < ETHERNET_BYTES + IPV4_BYTES) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  if (view.getUint16(12) !== ETHERTYPE_IPV4) return undefined;
  const ip = ETHERNET_BYTES;
  const ipBytes = (frame[ip]! & 15) * 4;
  if (frame[ip]! >> 4 !== 4 || frame[ip + 9] !== PROTOCOL_TCP) return undefined;
  const tcp = ip + ipBytes;
  if (ipBytes < IPV4_BYTES || frame.length < tcp + TCP_BYTES) return undefined;
  const tcpBytes = (frame[tcp + 12]! >> 4) * 4;
  if (tcpBytes < TCP_BYTES || frame.length < tcp + tcpBytes) return undefined;
  const payloadBytes = view.getUint16(ip + 2) - ipBytes - tcpBytes;
  if (payloadBytes < 0) return undefined;
  const host = (at: number) => frame.subarray(at, at + 4).join(".");
  const bits = frame[tcp + 13]!;
  return {
    from: `${host(ip + 12)}:${view.getUint16(tcp)}`,
    to: `${host(ip + 16)}:${view.getUint16(tcp + 2)}`,
    seq: view.getUint32(tcp + 4),
    ack: view.getUint32(tcp + 8),
    flags: {
      syn: (bits & FLAG.syn) !== 0,
      ack: (bits & FLAG.ack) !== 0,
      rst: (bits & FLAG.rst) !== 0,
    },
    payloadBytes,
    cookie: cookieOf(frame.subarray(tcp + TCP_BYTES, tcp + tcpBytes)),
  };
}

function cookieOf(options: Uint8Array): Segment["cookie"] {
  for (let at = 0; at < options.length;) {
    const kind = options[at]!;
    if (kind === OPTION.end) break;
    if (kind === OPTION.noOperation) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) break;
    if (kind === OPTION.fastOpen) return length === 2 ? "requested" : "given";
    if (kind === OPTION.experiment && length >= 4) {
      const magic = options[at + 2]! << 8 | options[at + 3]!;
      if (magic === FAST_OPEN_MAGIC) {
        return length === 4 ? "requested" : "given";
      }
    }
    at += length;
  }
  return "none";
}

/** What the conns to one address and port did, by their handshakes on the wire. */
export interface HandshakeTally {
  /** SYNs that carried data or asked for a cookie, whatever came of them. */
  attempted: number;
  /** Conns whose SYN was answered with SYN-ACK. */
  conns: number;
  /** Of these: the first SYN carried data, all of which the SYN-ACK acknowledges. */
  acknowledged: number;
  /** The first SYN asked for a cookie. */
  noCookie: number;
  /** The first SYN carried data, and the SYN-ACK acknowledges none of it. */
  notAcknowledged: number;
  /** The SYN was sent again. */
  synRepeated: number;
  /** Of `attempted`: answered with RST; no conns. */
  refused: number;
}

interface Handshake {
  first: Segment;
  syns: number;
  answer: Segment | undefined;
}

/** Counts the handshakes to each address and port. */
export function tallyHandshakes(
  segments: readonly Segment[],
): Record<string, HandshakeTally> {
  const handshakes = new Map<string, Handshake>();
  for (const segment of segments) {
    const { from, to, flags } = segment;
    if (flags.syn && !flags.ack) {
      const known = handshakes.get(`${from} ${to}`);
      if (known) known.syns++;
      else {
        const answer = undefined;
        handshakes.set(`${from} ${to}`, { first: segment, syns: 1, answer });
      }
    } else if (flags.syn || flags.rst) {
      const handshake = handshakes.get(`${to} ${from}`);
      if (handshake) handshake.answer ??= segment;
    }
  }
  const tallies: Record<string, HandshakeTally> = {};
  for (const handshake of handshakes.values()) {
    const tally = tallies[handshake.first.to] ??= {
      ...{ attempted: 0, conns: 0, acknowledged: 0, noCookie: 0 },
      ...{ notAcknowledged: 0, synRepeated: 0, refused: 0 },
    };
    count(tally, handshake);
  }
  return tallies;
}

function count(
  tally: HandshakeTally,
  { first, syns, answer }: Handshake,
): void {
  const attempted = first.payloadBytes > 0 || first.cookie === "requested";
  if (attempted) tally.attempted++;
  if (!answer) return;
  if (!answer.flags.syn) {
    if (attempted) tally.refused++;
    return;
  }
  tally.conns++;
  const ackedBytes = (answer.ack - first.seq - 1) >>> 0;
  if (syns > 1) tally.synRepeated++;
  else if (first.cookie === "requested") tally.noCookie++;
  else if (first.payloadBytes === 0) return;
  else if (ackedBytes === first.payloadBytes) tally.acknowledged++;
  else if (ackedBytes === 0) tally.notAcknowledged++;
}
