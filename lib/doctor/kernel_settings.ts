import type { Check, Finding } from "./check.ts";
import { readSysctl, type SysctlReading } from "./sysctl.ts";

/** Fewer waiting conns than this are too few for bursts of a proxy. */
const MIN_QUEUE = 1024;
const GOOD_QUEUE = 4096;

function unknown({ reason }: { reason: string }): Finding {
  return { status: "skip", detail: reason };
}

/** Whether net.ipv4.tcp_fastopen_key is set. The key itself is a secret. */
export function judgeKey(reading: SysctlReading): Finding {
  if (!reading.known) return unknown(reading);
  const set = /[1-9a-f]/.test(reading.text);
  const detail = set
    ? "set; servers behind one address need the same"
    : "not set; the kernel makes one up with the first listener";
  return { status: "pass", detail, facts: { set } };
}

/** What net.ipv4.tcp_fastopen_blackhole_timeout_sec means. */
export function judgeBlackholeTimeout(reading: SysctlReading): Finding {
  if (!reading.known) return unknown(reading);
  const seconds = Number(reading.text);
  const detail = seconds === 0
    ? "never pauses Fast Open by itself"
    : `pauses all Fast Open for ${seconds} s and longer when a network ` +
      "swallows its packets";
  return { status: "pass", detail, facts: { seconds } };
}

/** Whether the queue of a listener, named by its setting, is long enough. */
export function judgeQueue(name: string, reading: SysctlReading): Finding {
  if (!reading.known) return unknown(reading);
  const length = Number(reading.text);
  const detail = `${name} = ${length}`;
  if (length >= MIN_QUEUE) return { status: "pass", detail, facts: { length } };
  return {
    status: "warn",
    detail: `${detail}: bursts of conns, and Fast Open with them, overflow it`,
    fix: `sysctl -w ${name}=${GOOD_QUEUE}`,
    settings: { [name]: String(GOOD_QUEUE) },
    facts: { length },
  };
}

/** What net.ipv4.tcp_syncookies means for Fast Open. */
export function judgeSynCookies(reading: SysctlReading): Finding {
  if (!reading.known) return unknown(reading);
  const name = "net.ipv4.tcp_syncookies";
  const value = Number(reading.text);
  const facts = { value };
  if (value !== 2) {
    const detail = value === 0
      ? "off; a flood of SYNs fills the queue"
      : "only against floods; Fast Open is not touched";
    return { status: "pass", detail: `${name} = ${value}: ${detail}`, facts };
  }
  return {
    status: "fail",
    detail: `${name} = 2: a SYN cookie answers every SYN, which throws away ` +
      "the data in it",
    fix: `sysctl -w ${name}=1`,
    settings: { [name]: "1" },
    facts,
  };
}

/** What net.mptcp.enabled means for Fast Open. */
export function judgeMptcp(reading: SysctlReading): Finding {
  if (!reading.known) return unknown(reading);
  const on = reading.text === "1";
  const detail = on
    ? "on for programs that ask for it; ours are plain TCP. A peer with MPTCP " +
      "may give no cookie: its options and a cookie share 40 bytes of the SYN"
    : "off";
  return { status: "pass", detail, facts: { on } };
}

function settingCheck(
  id: string,
  title: string,
  name: string,
  judge: (reading: SysctlReading) => Finding,
): Check {
  return { id, title, group: "system", run: () => judge(readSysctl(name)) };
}

/** Asks for the settings that Fast Open meets on its way. */
export const KERNEL_SETTING_CHECKS: readonly Check[] = [
  settingCheck(
    "fast-open-key",
    "cookie key",
    "net.ipv4.tcp_fastopen_key",
    judgeKey,
  ),
  settingCheck(
    "fast-open-blackhole",
    "black holes",
    "net.ipv4.tcp_fastopen_blackhole_timeout_sec",
    judgeBlackholeTimeout,
  ),
  ...["net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog"].map((name) =>
    settingCheck(
      name === "net.core.somaxconn" ? "accept-queue" : "syn-queue",
      name === "net.core.somaxconn" ? "accept queue" : "SYN queue",
      name,
      (reading) => judgeQueue(name, reading),
    )
  ),
  settingCheck(
    "syn-cookies",
    "SYN cookies",
    "net.ipv4.tcp_syncookies",
    judgeSynCookies,
  ),
  settingCheck("mptcp", "MPTCP", "net.mptcp.enabled", judgeMptcp),
];
