import { IPPROTO_TCP, TCP_INFO } from "./constants.ts";
import { check, libc } from "./library.ts";

/** Why the kernel dialed without Fast Open. */
export type FastOpenFailure =
  | "none"
  /** There was no cookie for this address: a first visit. */
  | "cookieUnavailable"
  /** The peer accepted the connection and ignored the SYN's data. */
  | "dataNotAcked"
  /** The SYN had to be sent again, or its timer ran out. */
  | "synRetransmitted";

/** The parts of `struct tcp_info` (linux/tcp.h) that we use. */
export interface TcpInfo {
  /** `tcpi_state`: 1 established, 2 SYN sent, 8 close wait … */
  state: number;
  /** The SYN carried data and the peer acknowledged it (TCPI_OPT_SYN_DATA). */
  synDataAcked: boolean;
  /** `tcpi_fastopen_client_fail` (enum tcp_fastopen_client_fail). */
  fastOpenFailure: FastOpenFailure;
  /** Smoothed round trip, in microseconds; 0 before the first one. */
  rttUs: number;
  /** Segments sent again since the start, the SYN included. */
  totalRetransmits: number;
  /** Bytes that are in the send queue and have not been sent yet. */
  notSentBytes: number;
  /** Smallest round trip of late, in microseconds; 2**32 - 1 before the first. */
  minRttUs: number;
}

/** linux/tcp.h: TCPI_OPT_SYN_DATA. */
const OPT_SYN_DATA = 32;

const FAILURES = [
  "none",
  "cookieUnavailable",
  "dataNotAcked",
  "synRetransmitted",
] as const satisfies readonly FastOpenFailure[];

/** Enough for all fields above; the kernel fills what it is given. */
const TCP_INFO_BYTES = 192;

/**
 * Reads `struct tcp_info`. Little-endian, as both supported machines are; the
 * bit fields of byte 7 start at its lowest bit: `tcpi_delivery_rate_app_limited`
 * (1 bit), then `tcpi_fastopen_client_fail` (2 bits).
 */
export function decodeTcpInfo(bytes: Uint8Array): TcpInfo {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    state: view.getUint8(0),
    synDataAcked: (view.getUint8(5) & OPT_SYN_DATA) !== 0,
    fastOpenFailure: FAILURES[(view.getUint8(7) >> 1) & 3]!,
    rttUs: view.getUint32(68, true),
    totalRetransmits: view.getUint32(100, true),
    notSentBytes: view.getUint32(144, true),
    minRttUs: view.getUint32(148, true),
  };
}

const buffer = new Uint8Array(TCP_INFO_BYTES);
const length = new Uint32Array(1);

/** What the kernel knows of a TCP socket. */
export function tcpInfo(fd: number): TcpInfo {
  length[0] = TCP_INFO_BYTES;
  buffer.fill(0);
  check(
    "getsockopt(TCP_INFO)",
    libc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, buffer, length),
  );
  return decodeTcpInfo(buffer);
}
