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

/** Says what was counted: one line for each hop that was used, one for the rest. */
export function logCounts(logger: Logger, counters: Counters): void {
  for (const { hop, ...counts } of summarizeHops(counters)) {
    logger.info("TCP Fast Open", { hop, ...counts });
  }
  const rest = OTHERS.flatMap(([name, field]) => {
    const count = counters.count(name);
    return count === 0 ? [] : [[field, count]];
  });
  if (rest.length > 0) logger.info("Counted", Object.fromEntries(rest));
}
