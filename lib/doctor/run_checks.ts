import { SYSTEM_CLOCK } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import type { Check, CheckResult, Finding } from "./check.ts";
import { whereToLook } from "./where_to_look.ts";

/** How long checks that were stopped may take to clean up. */
const CLEAN_UP_MS = 500;

/**
 * Runs all checks side by side and waits no longer than `deadlineMs` for them, or
 * until `signal` aborts.
 *
 * @returns One result for each check, in their order.
 */
export async function runChecks(
  checks: readonly Check[],
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<CheckResult[]> {
  const stop = new AbortController();
  const late = Promise.withResolvers<Finding>();
  function end(detail: string): void {
    late.resolve({ status: "fail", detail });
    stop.abort(new Error(detail));
  }
  const timer = setTimeout(
    () => end(`no answer within ${deadlineMs / 1000} s`),
    deadlineMs,
  );
  const onAbort = () => end("interrupted");
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const findings = checks.map((check) => findingOf(check, stop.signal));
    const results = await Promise.all(checks.map(async (check, at) => {
      const { id, title, group } = check;
      const finding = await Promise.race([findings[at]!, late.promise]);
      return { id, title, group, ...finding };
    }));
    if (stop.signal.aborted) await settled(findings);
    return results;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Lets checks that were stopped clean up, for a moment. */
async function settled(findings: readonly Promise<Finding>[]): Promise<void> {
  const stop = new AbortController();
  const moment = SYSTEM_CLOCK.delay(CLEAN_UP_MS, stop.signal).catch(() => {});
  await Promise.race([Promise.all(findings), moment]);
  stop.abort();
}

async function findingOf(check: Check, signal: AbortSignal): Promise<Finding> {
  try {
    return await check.run(signal);
  } catch (error) {
    const fix = check.peer && whereToLook(error, check.peer);
    const finding: Finding = { status: "fail", detail: errorText(error) };
    return fix === undefined ? finding : { ...finding, fix };
  }
}
