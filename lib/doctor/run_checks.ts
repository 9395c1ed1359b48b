import { errorText } from "../base/errors.ts";
import type { Check, CheckResult, Finding } from "./check.ts";
import { whereToLook } from "./where_to_look.ts";

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
    return await Promise.all(checks.map(async (check) => {
      const finding = findingOf(check, stop.signal);
      const { id, title, group } = check;
      return {
        id,
        title,
        group,
        ...await Promise.race([finding, late.promise]),
      };
    }));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
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
