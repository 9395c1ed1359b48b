import type { Check, Finding } from "./check.ts";
import { readSysctl, type SysctlReading } from "./sysctl.ts";

/** The kernel's switch for TCP Fast Open. */
export const FAST_OPEN_SETTING = "net.ipv4.tcp_fastopen";

/** Bits of the setting and what each allows (ip-sysctl.rst). */
const BITS: readonly (readonly [bit: number, meaning: string])[] = [
  [0x1, "dials with data in the SYN"],
  [0x2, "listens for it"],
  [0x4, "dials so without a cookie, too"],
  [0x200, "accepts it without a cookie"],
  [0x400, "for all listeners, asked or not"],
];
const CLIENT = 1;
const BOTH = 3;

/** What the value of net.ipv4.tcp_fastopen means. */
export function judgeFastOpenSetting(reading: SysctlReading): Finding {
  if (!reading.known) return { status: "skip", detail: reading.reason };
  const value = Number(reading.text);
  const head = `${FAST_OPEN_SETTING} = ${reading.text}`;
  const facts = {
    value,
    dials: (value & 1) !== 0,
    listens: (value & 2) !== 0,
  };
  const meanings = BITS.filter(([bit]) => (value & bit) !== 0)
    .map(([, meaning]) => meaning);
  const detail = `${head}: ${meanings.join("; ") || "off"}`;
  if ((value & BOTH) === BOTH) {
    // 4 and 0x200 trade the cookie's protection (RFC 7413, 5.1) for a first visit.
    return (value & 0x204) === 0 ? { status: "pass", detail, facts } : {
      status: "warn",
      detail: `${detail}. Without cookies a forged address gets answers, ` +
        "and peers may ignore such SYNs",
      facts,
    };
  }
  const missing = (value & BOTH) === 0
    ? ""
    : (value & CLIENT) !== 0
    ? ". Data in SYNs that come in is ignored"
    : ". SYNs that go out have no data";
  const wanted = String(value | BOTH);
  return {
    status: (value & BOTH) === 0 ? "fail" : "warn",
    detail: detail + missing,
    fix: `sysctl -w ${FAST_OPEN_SETTING}=${wanted}`,
    settings: { [FAST_OPEN_SETTING]: wanted },
    facts,
  };
}

/** Asks for the kernel's switch. */
export const FAST_OPEN_SETTING_CHECK: Check = {
  id: "fast-open-setting",
  title: "fast open",
  group: "system",
  run: () => judgeFastOpenSetting(readSysctl(FAST_OPEN_SETTING)),
};
