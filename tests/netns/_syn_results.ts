import type { Counters } from "../../lib/base/counters.ts";

/** What the SYNs of one hop did, by result; `failed` if nothing came of them. */
export function synResults(
  counters: Counters,
  hop: string,
): Record<string, number> {
  const failed = counters.count("synFailed", { hop });
  return Object.fromEntries([
    ...counters.counts()
      .filter(({ name, labels }) => name === "syn" && labels.hop === hop)
      .map(({ labels, value }) => [labels.result!, value] as const),
    ...(failed > 0 ? [["failed", failed] as const] : []),
  ]);
}
