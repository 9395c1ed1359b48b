import type { Counters } from "../base/events.ts";
import { summarizeHops } from "../base/hop_summary.ts";
import type { Logger } from "../base/logger.ts";

/** Counts that are worth a line when they are not zero, and their field. */
const OTHERS: ReadonlyArray<readonly [name: string, field: string]> = [
  ["requested", "requests"],
  ["dialFailed", "dialsFailed"],
  ["lateFailure", "lateFailures"],
  ["handshakeFailed", "handshakesFailed"],
  ["sessionOpened", "sessions"],
  ["datagrams.up", "datagramsUp"],
  ["datagrams.down", "datagramsDown"],
  ["datagramsLost", "datagramsLost"],
];
const LATE_FAILURE_PREFIX = "lateFailure.";

/**
 * Says what was counted: one line for each hop that was used, one for targets that
 * were not reached after all, one for the rest.
 */
export function logCounts(logger: Logger, counters: Counters): void {
  for (const { hop, ...counts } of summarizeHops(counters)) {
    logger.info("TCP Fast Open", { hop, ...counts });
  }
  logLateFailures(logger, counters);
  const rest = OTHERS.flatMap(([name, field]) => {
    const count = counters.count(name);
    return count === 0 ? [] : [[field, count]];
  });
  if (rest.length > 0) logger.info("Counted", Object.fromEntries(rest));
}

/** Only the side that apps come to has told them anything, so it says why. */
function logLateFailures(logger: Logger, counters: Counters): void {
  const lateFailures = counters.count("lateFailure");
  if (lateFailures === 0) return;
  const reasons = Object.entries(counters.snapshot())
    .filter(([name]) => name.startsWith(LATE_FAILURE_PREFIX))
    .map(([name, count]) => [name.slice(LATE_FAILURE_PREFIX.length), count]);
  logger.info("Told success too early", {
    hop: "target",
    lateFailures,
    ...Object.fromEntries(reasons),
  });
}
