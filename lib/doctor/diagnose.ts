import type { Target } from "../base/address.ts";
import type { Check, CheckGroup, CheckResult } from "./check.ts";
import { FAST_OPEN_SETTING_CHECK } from "./fast_open_setting.ts";
import { KERNEL_SETTING_CHECKS } from "./kernel_settings.ts";
import { LOOPBACK_CHECK } from "./loopback_check.ts";
import {
  compareCounters,
  type CounterChange,
  readCounters,
} from "./netstat.ts";
import { PLATFORM_CHECKS } from "./platform_checks.ts";
import { runChecks } from "./run_checks.ts";
import { serverCheck, type ServerCheckOptions } from "./server_check.ts";
import { targetCheck } from "./target_check.ts";

/** What to look at beside this machine. */
export interface DiagnoseOptions {
  /** A server of ours. */
  server?: ServerCheckOptions;
  /** Anything that listens on TCP. */
  targets?: readonly Target[];
  /** For all checks together, in milliseconds. @default {20000} */
  deadlineMs?: number;
  /** Ends the checks that still run; they fail. */
  signal?: AbortSignal;
}

/** The report; `report.schema.json` describes it for programs. */
export interface DoctorReport {
  /** Version of the format. */
  readonly version: 1;
  /** All that was asked works. */
  readonly ok: boolean;
  /** The groups of checks that `ok` is about. */
  readonly asked: readonly CheckGroup[];
  /** One for each check. */
  readonly checks: readonly CheckResult[];
  /** The kernel's counters of Fast Open, by name. */
  readonly counters: Readonly<Record<string, CounterChange>>;
}

/** The groups of checks that were asked for; by default, this machine. */
function groupsAsked({ server, targets = [] }: DiagnoseOptions): CheckGroup[] {
  const asked: CheckGroup[] = [];
  if (server) asked.push("server");
  if (targets.length > 0) asked.push("target");
  return asked.length > 0 ? asked : ["system", "loopback"];
}

/** Runs all checks and sums them up. Never rejects for what they find. */
export async function diagnose(
  options: DiagnoseOptions = {},
): Promise<DoctorReport> {
  const { server, targets = [], deadlineMs = 20_000, signal } = options;
  const checks: Check[] = [
    ...PLATFORM_CHECKS,
    FAST_OPEN_SETTING_CHECK,
    ...KERNEL_SETTING_CHECKS,
    LOOPBACK_CHECK,
    ...(server ? [serverCheck(server)] : []),
    ...targets.map(targetCheck),
  ];
  const before = readCounters();
  const results = await runChecks(checks, deadlineMs, signal);
  const counters = compareCounters(before, readCounters());
  const asked = groupsAsked(options);
  const ok = results.every(({ group, status }) =>
    status !== "fail" || !asked.includes(group)
  );
  return { version: 1, ok, asked, checks: results, counters };
}
