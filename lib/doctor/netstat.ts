/** Counters of TCP Fast Open by name, as in `nstat`. */
export type FastOpenCounters = Readonly<Record<string, number>>;

const PREFIX = "TCPFastOpen";

/**
 * Reads the counters of Fast Open from /proc/net/netstat: pairs of lines, of which
 * the first one has the names of the second one's columns. Their order differs
 * between kernels.
 */
export function parseNetstat(text: string): FastOpenCounters {
  const [names = [], values = []] = text.split("\n")
    .filter((line) => line.startsWith("TcpExt:"))
    .map((line) => line.split(" "));
  const counters: Record<string, number> = {};
  for (const [at, name] of names.entries()) {
    if (name.startsWith(PREFIX)) counters[name] = Number(values[at]);
  }
  return counters;
}

/** The counters of this network namespace; none if they cannot be read. */
export function readCounters(
  path = "/proc/self/net/netstat",
): FastOpenCounters {
  try {
    return parseNetstat(Deno.readTextFileSync(path));
  } catch {
    return {};
  }
}

/** A counter before and after the checks. */
export interface CounterChange {
  /** Before the first check. */
  readonly before: number;
  /** After the last one. */
  readonly after: number;
}

/** Joins two readings by name. */
export function compareCounters(
  before: FastOpenCounters,
  after: FastOpenCounters,
): Record<string, CounterChange> {
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [
      name,
      { before: before[name] ?? 0, after: count },
    ]),
  );
}
