import {
  ffiSupport,
  type Lack,
  lackText,
  type Support,
  type TcpInfo,
} from "../../ffi/mod.ts";
import {
  isOlderKernel,
  type KernelVersion,
  permittedRelease,
} from "./kernel_version.ts";

export { type Lack, lackText, type Support };

/**
 * What became of the SYN of one conn.
 *
 * - `off`: nobody asked for Fast Open, or there was nothing to put in the SYN
 * - `unsupported`: this platform, kernel setting or peer cannot
 * - `avoided`: SYNs with data have failed there before, so this one went without
 * - `acknowledged`: the SYN carried data and the peer took it
 * - `noCookie`: a first visit; the kernel asked for a cookie
 * - `notAcknowledged`: the SYN carried data and the peer left it alone
 * - `synRepeated`: the SYN had to be sent again; the network may drop such SYNs
 */
export type FastOpenResult =
  | "off"
  | "unsupported"
  | "avoided"
  | "acknowledged"
  | "noCookie"
  | "notAcknowledged"
  | "synRepeated";

/** The result for one conn, with the kernel's round-trip time. */
export interface FastOpenOutcome {
  /** What became of the SYN. */
  readonly result: FastOpenResult;
  /** The kernel's smallest round trip so far in microseconds; 0 if it has none. */
  readonly rttUs: number;
  /**
   * For `off` and `unsupported`: why, if known; for `avoided`: why, and when it is
   * tried again.
   */
  readonly reason?: string;
  /** A command that would change that, if there is one. */
  readonly fix?: string;
  /**
   * For `noCookie`: the SYN that asked for one had no answer, and went again
   * without asking; absent if it had one.
   */
  readonly repeated?: true;
}

/** The outcome of a conn without Fast Open. */
export const FAST_OPEN_OFF: FastOpenOutcome = { result: "off", rttUs: 0 };

/** Whether a dial with data tried to put it in the SYN. */
export function wasAttempted({ result }: FastOpenOutcome): boolean {
  return result !== "off" && result !== "unsupported" && result !== "avoided";
}

/** Whether the kernel will know later what round trip was saved. */
export function awaitsRoundTrip({ result, rttUs }: FastOpenOutcome): boolean {
  return result === "acknowledged" && rttUs === 0;
}

/** The smallest one: a handshake would not have waited behind bulk. */
function roundTripUs({ rttUs, minRttUs }: TcpInfo): number {
  return Math.min(rttUs, minRttUs);
}

/** Why no SYN carries data while the kernel has Fast Open paused. */
export const PAUSE: Lack = {
  reason: "the kernel pauses it after losses",
  fix: "sysctl -w net.ipv4.tcp_fastopen_blackhole_timeout_sec=0",
};

/**
 * The kernel that introduced `tcpi_fastopen_client_fail`; before it, all is
 * `none`.
 */
const NAMING_KERNEL: KernelVersion = [5, 5];
let namesFailures: boolean | undefined;

/** Whether the kernel tells why a SYN carried no data; `false` if unknown. */
function kernelNamesFailures(): boolean {
  if (namesFailures !== undefined) return namesFailures;
  const release = permittedRelease();
  if (release === undefined) return false;
  return namesFailures = !isOlderKernel(release, NAMING_KERNEL);
}

/**
 * Whether a SYN carried no data and asked for no cookie although it should
 * have: net.ipv4.tcp_fastopen_blackhole_timeout_sec.
 *
 * @param sent Bytes that the kernel took with the dial.
 */
export function isPaused(
  { synDataAcked, fastOpenFailure }: TcpInfo,
  sent: number,
  names?: boolean,
): boolean {
  return sent === 0 && !synDataAcked && fastOpenFailure === "none" &&
    (names ?? kernelNamesFailures());
}

/**
 * Reads the outcome of a dial that asked for Fast Open.
 *
 * @param sent Bytes that the kernel took with the dial.
 */
export function outcomeOfDial(info: TcpInfo, sent: number): FastOpenOutcome {
  if (isPaused(info, sent)) {
    return { result: "unsupported", rttUs: 0, ...PAUSE };
  }
  const rttUs = roundTripUs(info);
  if (info.synDataAcked) return { result: "acknowledged", rttUs };
  switch (info.fastOpenFailure) {
    case "cookieUnavailable":
      return info.totalRetransmits > 0
        ? { result: "noCookie", rttUs, repeated: true }
        : { result: "noCookie", rttUs };
    case "synRetransmitted":
      return { result: "synRepeated", rttUs };
    case "dataNotAcked":
      return { result: "notAcknowledged", rttUs };
    case "none":
      // An old kernel does not tell why the SYN carried no data.
      return { result: "noCookie", rttUs };
  }
}

/**
 * Reads the outcome of an accepted conn. One with data in its SYN is accepted before
 * the handshake is over, and has no round trip yet.
 */
export function outcomeOfAccept(info: TcpInfo): FastOpenOutcome {
  return {
    result: info.synDataAcked ? "acknowledged" : "off",
    rttUs: roundTripUs(info),
  };
}

/** Bits of net.ipv4.tcp_fastopen (Documentation/networking/ip-sysctl). */
const SYSCTL_CLIENT = 1;
const SYSCTL_SERVER = 2;

/** Where the kernel says what TCP Fast Open may do. */
export const SYSCTL_PATH = "/proc/sys/net/ipv4/tcp_fastopen";

/** What the kernel's setting allows, for dialing and for listening. */
export interface FastOpenSupport {
  /** Data in the SYNs that we send. */
  dial: Support;
  /** Data in the SYNs that we get. */
  listen: Support;
}

function readSysctl(): number | undefined {
  try {
    const value = Number.parseInt(Deno.readTextFileSync(SYSCTL_PATH));
    return Number.isNaN(value) ? undefined : value;
  } catch {
    return undefined;
  }
}

function supportOfBit(value: number | undefined, bit: number): Support {
  if (value === undefined) {
    // Without --allow-read the setting is unknown: try, and see what happens.
    return { supported: true };
  }
  if ((value & bit) !== 0) return { supported: true };
  return {
    supported: false,
    reason: `the kernel has it off (net.ipv4.tcp_fastopen = ${value})`,
    fix: "sysctl -w net.ipv4.tcp_fastopen=3",
  };
}

/**
 * Whether TCP Fast Open works here, for dialing and for listening, and if not
 * why and what would change it.
 *
 * The first call of anything here that opens a socket loads the C library, which
 * stays loaded: in tests that look for leaks, call this once outside of them.
 *
 * @param ffi Whether system calls can be made; asked of the platform by default
 * @param sysctl The value of net.ipv4.tcp_fastopen; read from the kernel by default
 */
export function fastOpenSupport(
  ffi: Support = ffiSupport(),
  sysctl: number | undefined = ffi.supported ? readSysctl() : undefined,
): FastOpenSupport {
  if (!ffi.supported) return { dial: ffi, listen: ffi };
  return {
    dial: supportOfBit(sysctl, SYSCTL_CLIENT),
    listen: supportOfBit(sysctl, SYSCTL_SERVER),
  };
}
