import { ffiSupport } from "../../ffi/mod.ts";
import { dialFastOpen } from "../dial/dial_fast_open.ts";
import type { FastOpenResult } from "../net/fast_open.ts";
import {
  type FastOpenListener,
  listenFastOpen,
} from "../net/fast_open_listener.ts";
import type { Check, Finding } from "./check.ts";
import {
  FAST_OPEN_SETTING,
  judgeFastOpenSetting,
} from "./fast_open_setting.ts";
import { PAUSED } from "./judge_trials.ts";
import { readSysctl } from "./sysctl.ts";

/** More than a SYN's headers can hold: firewalls recognize it as data. */
const DATA: Uint8Array = new Uint8Array(128).fill(0x2e);

/** What both ends of a conn report about its SYN. */
interface Visit {
  readonly near: FastOpenResult;
  readonly far: FastOpenResult;
}

async function visit(
  listener: FastOpenListener,
  signal: AbortSignal,
): Promise<Visit> {
  const { hostname, port } = listener.addr;
  using near = await dialFastOpen({ hostname, port, data: DATA, signal });
  using far = await listener.accept();
  const into = new Uint8Array(DATA.length);
  await far.read(into);
  return { near: near.fastOpen.result, far: far.fastOpen.result };
}

/** Judges two visits; the first one may have to ask for the cookie. */
export function judgeVisits(first: Visit, second: Visit): Finding {
  const facts = {
    first: [first.near, first.far],
    second: [second.near, second.far],
  };
  if (second.near === "acknowledged" && second.far === "acknowledged") {
    const detail = `the second SYN carried ${DATA.length} bytes, both ends ` +
      "say that they were acknowledged";
    return { status: "pass", detail, facts };
  }
  const setting = judgeFastOpenSetting(readSysctl(FAST_OPEN_SETTING));
  if (setting.fix !== undefined) {
    return {
      status: "fail",
      detail: "no data in SYNs, for the kernel's setting",
      fix: setting.fix,
      facts,
    };
  }
  if (second.near === "unsupported") {
    return { status: "fail", facts, ...PAUSED };
  }
  const repeated = [first.near, second.near].includes("synRepeated");
  return {
    status: "fail",
    detail: repeated
      ? "SYNs with data had to be repeated: a firewall of this machine drops them"
      : `the dialing end says ${second.near}, the listening one ${second.far}`,
    fix: repeated ? "nft list ruleset" : "nstat -az 'TcpExtTCPFastOpen*'",
    facts,
  };
}

async function run(signal: AbortSignal): Promise<Finding> {
  if (!ffiSupport().supported) {
    return { status: "skip", detail: "needs system calls" };
  }
  const listener = listenFastOpen({ hostname: "127.0.0.1", port: 0 });
  // Ends a visit that waits for its other end.
  const stop = () => listener.close();
  signal.addEventListener("abort", stop, { once: true });
  try {
    const first = await visit(listener, signal);
    const second = await visit(listener, signal);
    return judgeVisits(first, second);
  } finally {
    signal.removeEventListener("abort", stop);
    listener.close();
  }
}

/** Dials this machine itself, twice. */
export const LOOPBACK_CHECK: Check = {
  id: "loopback",
  title: "two visits",
  group: "loopback",
  run,
};
