import type { Counters, CountLabels } from "../base/counters.ts";
import { summarizeHops } from "../base/hop_summary.ts";
import type { Logger } from "../base/logger.ts";

/** Counts that are worth a line when they are not zero, and their field. */
const OTHERS: ReadonlyArray<
  readonly [field: string, name: string, labels?: CountLabels]
> = [
  ["requests", "requested"],
  ["dialsFailed", "dialFailed"],
  ["lateFailures", "lateFailure"],
  ["handshakesFailed", "handshakeFailed"],
  ["sessions", "sessionOpened"],
  ["datagramsUp", "datagrams", { direction: "up" }],
  ["datagramsDown", "datagrams", { direction: "down" }],
  ["datagramsLost", "datagramsLost"],
];

/**
 * Logs the counts: one line per hop in use, one for apps that were told
 * "connected" too early, one for the rest.
 */
export function logCounts(logger: Logger, counters: Counters): void {
  for (const { hop, ...counts } of summarizeHops(counters)) {
    logger.info("TCP Fast Open", { hop, ...counts });
  }
  logLateFailures(logger, counters);
  const rest = OTHERS.flatMap(([field, name, labels]) => {
    const count = counters.count(name, labels);
    return count === 0 ? [] : [[field, count]];
  });
  if (rest.length > 0) logger.info("Totals", Object.fromEntries(rest));
}

/** Only the side that apps come to has told them anything, so it says why. */
function logLateFailures(logger: Logger, counters: Counters): void {
  const lateFailures = counters.count("lateFailure");
  if (lateFailures === 0) return;
  const reasons = counters.counts()
    .filter(({ name }) => name === "lateFailure")
    .map(({ labels, value }) => [labels.code, value]);
  logger.info("Told success too early", {
    hop: "target",
    lateFailures,
    ...Object.fromEntries(reasons),
  });
}
