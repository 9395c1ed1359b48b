import type { Echo, Transfer } from "../generator.ts";
import { memoryOf, resetPeak } from "../proc.ts";
import type { Context } from "../scenario.ts";
import {
  startOurs,
  startReferenceClient,
  startReferenceServer,
  startShadowsocks,
  type Tunnel,
} from "../tunnels.ts";
import { failureOf, MEGA } from "./transfers.ts";

const BYTES = 200 * MEGA;
const PAUSE_AT = MEGA;
const PAUSE_MS = 8000;
const QUICK_PAUSE_MS = 2000;
const ECHO_INTERVAL_US = 10_000;
/** A keystroke that waits this long is noticed. */
const WORST_ECHO_MS = 250;
const MAX_RSS_MB = 600;

interface Outcome {
  transfer: Transfer;
  echo: Echo;
  peak: number;
  start: number;
}

/** One app stops reading in a large download; another one types. */
export async function slowReader(context: Context): Promise<void> {
  if (context.peer === "linksocks") return await besideReference(context);
  const pauseMs = context.quick ? QUICK_PAUSE_MS : PAUSE_MS;
  await using ours = await startOurs();
  const mine = await measure(context, ours, pauseMs);
  const rival = await startShadowsocks(context.directory);
  if (typeof rival === "string") {
    context.skip(`the comparison: ${rival}`);
    return report(context, mine);
  }
  await using other = rival;
  report(context, mine, await measure(context, other, pauseMs), other.name);
}

async function measure(
  { generator, originPort }: Context,
  { socksPort, server, client }: Tunnel,
  pauseMs: number,
): Promise<Outcome> {
  const rss = async (key: "rss" | "peak") =>
    (await memoryOf(server.pid))[key] + (await memoryOf(client.pid))[key];
  await resetPeak(server.pid);
  await resetPeak(client.pid);
  const start = await rss("rss");
  const [transfer, echo] = await Promise.all([
    generator.run<Transfer>(
      "download",
      ...[socksPort, originPort, BYTES, PAUSE_AT, pauseMs],
    ),
    generator.run<Echo>(
      "echo",
      ...[socksPort, originPort, ECHO_INTERVAL_US, pauseMs / 1000 + 1],
    ),
  ]);
  return { transfer, echo, start, peak: await rss("peak") };
}

function report(
  { row }: Context,
  mine: Outcome,
  theirs?: Outcome,
  otherName?: string,
): void {
  const compared = (value: (outcome: Outcome) => number) => ({
    ours: value(mine),
    ...(theirs && otherName && { other: value(theirs), otherName }),
  });
  row({
    figure: "all bytes right after the pause",
    unit: "MB",
    ...compared(({ transfer }) => transfer.bytes / MEGA),
    failure: failureOf([mine.transfer], BYTES),
  });
  row({
    figure: "worst echo beside it",
    unit: "ms",
    ...compared(({ echo }) => echo.max),
    failure: mine.echo.max > WORST_ECHO_MS
      ? `more than ${WORST_ECHO_MS} ms`
      : undefined,
  });
  row({
    figure: "RSS of both before",
    unit: "MB",
    ...compared(({ start }) => start / MEGA),
  });
  row({
    figure: "peak RSS of both",
    unit: "MB",
    ...compared(({ peak }) => peak / MEGA),
    failure: mine.peak / MEGA > MAX_RSS_MB
      ? `more than ${MAX_RSS_MB} MB`
      : undefined,
  });
}

/**
 * An old peer has no credit, so its side or ours may give the channel up; what
 * it may not do is to end it as if that had been all.
 */
async function besideReference(context: Context): Promise<void> {
  const python = Deno.env.get("LINKSOCKS_PYTHON");
  if (!python) {
    return context.skip("LINKSOCKS_PYTHON names no Python with linksocks");
  }
  const pauseMs = context.quick ? QUICK_PAUSE_MS : PAUSE_MS;
  for (const start of [startReferenceClient, startReferenceServer]) {
    await using tunnel = await start(python);
    const { transfer, echo, peak } = await measure(context, tunnel, pauseMs);
    const { bytes, badAt, end } = transfer;
    const short = end === "end" && bytes < BYTES;
    context.row({
      figure: `${tunnel.name}: bytes of ${BYTES / MEGA} MB, then: ${end}`,
      unit: "MB",
      ours: bytes / MEGA,
      failure: badAt !== -1
        ? `wrong from byte ${badAt} on`
        : short
        ? "a short download that looks whole"
        : end === "stall"
        ? "nothing for 60 s"
        : undefined,
    });
    context.row({
      figure: `${tunnel.name}: worst echo`,
      unit: "ms",
      ours: echo.max,
    });
    context.row({
      figure: `${tunnel.name}: peak RSS of both`,
      unit: "MB",
      ours: peak / MEGA,
    });
  }
}
