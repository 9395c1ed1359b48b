import { sleep } from "../apps.ts";
import type { RunningProcess } from "../processes.ts";
import { cpuSecondsOf, memoryOf } from "../proc.ts";
import type { Context } from "../scenario.ts";
import { startOurs, startShadowsocks, type Tunnel } from "../tunnels.ts";

const CHANNELS = 5000;
/** Each process has one descriptor per channel, and some of its own. */
const SPARE_DESCRIPTORS = 200;
const SETTLE_MS = 2000;
const SECONDS = 10;
const QUICK_SECONDS = 2;
const KB = 1000;
const PERCENT = 100;
const OPEN_DEADLINE_MS = 90_000;

interface Outcome {
  open: number;
  dead: number;
  bytes: Record<"server" | "client", number>;
  cpu: Record<"server" | "client", number>;
}

/** Channels that do nothing: what each costs in memory, and all in CPU time. */
export async function idle(context: Context): Promise<void> {
  const limit = await descriptorLimit();
  if (limit < CHANNELS + SPARE_DESCRIPTORS) {
    return context.skip(
      `${limit} descriptors are too few; run: ulimit -n 20000`,
    );
  }
  const mine = await startAndMeasure(context, await startOurs());
  const rival = await startShadowsocks(context.directory);
  if (typeof rival === "string") context.skip(`the comparison: ${rival}`);
  const theirs = typeof rival === "string"
    ? undefined
    : await startAndMeasure(context, rival);
  const row = (
    figure: string,
    unit: string,
    value: (outcome: Outcome) => number,
    failure?: string,
  ): void =>
    context.row({
      figure,
      unit,
      ours: value(mine),
      ...(theirs && { other: value(theirs), otherName: "shadowsocks-libev" }),
      failure,
    });
  const lost = CHANNELS - mine.open + mine.dead;
  row(
    `open of ${CHANNELS}`,
    "",
    ({ open }) => open,
    lost === 0 ? undefined : `${lost} were lost`,
  );
  for (const side of ["server", "client"] as const) {
    row(`RSS per channel, ${side}`, "kB", ({ bytes }) => bytes[side] / KB);
    row(`CPU time, ${side}`, "%", ({ cpu }) => cpu[side] * PERCENT);
  }
}

async function startAndMeasure(
  context: Context,
  tunnel: Tunnel,
): Promise<Outcome> {
  await using used = tunnel;
  const { server, client, socksPort } = used;
  const { generator, originPort } = context;
  const seconds = context.seconds ??
    (context.quick ? QUICK_SECONDS : SECONDS);
  // Code and pools that the first channels need are not theirs.
  await generator.run("echo", socksPort, originPort, 1000, 1);
  const before = await both(server, client, rssOf);
  await using holder = generator.start("idle", socksPort, originPort, CHANNELS);
  const [, open] = await holder.find(/"open":(\d+)/, OPEN_DEADLINE_MS);
  await sleep(SETTLE_MS);
  const after = await both(server, client, rssOf);
  const cpuBefore = await both(server, client, cpuOf);
  await sleep(seconds * 1000);
  const cpuAfter = await both(server, client, cpuOf);
  await holder.endInput();
  const [, dead] = await holder.find(/"dead":(\d+)/);
  const per = (side: "server" | "client") =>
    (after[side] - before[side]) / CHANNELS;
  const share = (side: "server" | "client") =>
    (cpuAfter[side] - cpuBefore[side]) / seconds;
  return {
    open: Number(open),
    dead: Number(dead),
    bytes: { server: per("server"), client: per("client") },
    cpu: { server: share("server"), client: share("client") },
  };
}

async function both(
  server: RunningProcess,
  client: RunningProcess,
  ask: (process: RunningProcess) => Promise<number>,
): Promise<Record<"server" | "client", number>> {
  return { server: await ask(server), client: await ask(client) };
}

async function rssOf({ pid }: RunningProcess): Promise<number> {
  return (await memoryOf(pid)).rss;
}

async function cpuOf({ pid }: RunningProcess): Promise<number> {
  return await cpuSecondsOf(pid);
}

/** The hard limit, which every program here raises its own to. */
async function descriptorLimit(): Promise<number> {
  const limits = await Deno.readTextFile("/proc/self/limits");
  const hard = limits.match(/^Max open files\s+\S+\s+(\S+)/m)?.[1];
  return hard === "unlimited" ? Infinity : Number(hard);
}
