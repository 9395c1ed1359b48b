import type { Echo, Transfer } from "../generator.ts";
import type { Context } from "../scenario.ts";
import { alternately, median } from "../stats.ts";
import { startOurs, startShadowsocks, type Tunnel } from "../tunnels.ts";
import { failureOf, MEGA } from "./transfers.ts";

const ROUNDS = 3;
const SECONDS = 4;
const QUICK_SECONDS = 2;
const ECHO_INTERVAL_US = 2000;
/** One after the other until the time is over. */
const DOWNLOAD_BYTES = 100 * MEGA;
const BITS = 8;
const GIGA = 1e9;

interface Outcome {
  alone: Echo;
  beside: Echo;
  bulkAlone: number;
  bulkBeside: number;
  failure: string | undefined;
}

/** A keystroke every 2 ms, alone and beside a download without an end. */
export async function echoBesideBulk(context: Context): Promise<void> {
  const rival = await startShadowsocks(context.directory);
  if (typeof rival === "string") return context.skip(rival);
  await using other = rival;
  await using ours = await startOurs();
  const seconds = context.seconds ??
    (context.quick ? QUICK_SECONDS : SECONDS);
  const [mine, theirs] = await alternately(
    [ours, other],
    ROUNDS,
    (tunnel) => measure(context, tunnel, seconds),
  ) as [Outcome[], Outcome[]];
  const row = (
    figure: string,
    unit: string,
    value: (one: Outcome) => number,
  ): void =>
    context.row({
      figure,
      unit,
      ours: median(mine.map(value)),
      other: median(theirs.map(value)),
      otherName: other.name,
      failure: mine.find(({ failure }) => failure)?.failure,
    });
  const keys = ["p50", "p99", "max"] as const;
  for (const key of keys) {
    row(`echo alone, ${key}`, "ms", ({ alone }) => alone[key]);
  }
  for (const key of keys) {
    row(`echo beside bulk, ${key}`, "ms", ({ beside }) => beside[key]);
  }
  row("bulk alone", "Gbit/s", ({ bulkAlone }) => bulkAlone);
  row("bulk beside the echo", "Gbit/s", ({ bulkBeside }) => bulkBeside);
}

async function measure(
  { generator, originPort }: Context,
  { socksPort }: Tunnel,
  seconds: number,
): Promise<Outcome> {
  const transfers: Transfer[] = [];
  const echo = () =>
    generator.run<Echo>(
      "echo",
      ...[socksPort, originPort, ECHO_INTERVAL_US, seconds],
    );
  const bulk = async () => {
    const deadline = performance.now() + seconds * 1000;
    let took = 0;
    let bytes = 0;
    while (performance.now() < deadline) {
      const transfer = await generator.run<Transfer>(
        "download",
        ...[socksPort, originPort, DOWNLOAD_BYTES],
      );
      transfers.push(transfer);
      took += transfer.seconds;
      bytes += transfer.bytes;
    }
    return bytes * BITS / GIGA / took;
  };
  const alone = await echo();
  const bulkAlone = await bulk();
  const [beside, bulkBeside] = await Promise.all([echo(), bulk()]);
  const failure = failureOf(transfers, DOWNLOAD_BYTES);
  return { alone, beside, bulkAlone, bulkBeside, failure };
}
