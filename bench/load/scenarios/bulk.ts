import type { Requests, Transfer } from "../generator.ts";
import { memoryOf, resetPeak } from "../proc.ts";
import type { Context } from "../scenario.ts";
import { alternately, median } from "../stats.ts";
import { startOurs, startShadowsocks, type Tunnel } from "../tunnels.ts";
import { failureOf, MEGA } from "./transfers.ts";

const BYTES = 400 * MEGA;
const QUICK_BYTES = 100 * MEGA;
const ROUNDS = 3;
const LOAD = { atOnce: 32, seconds: 2, bytes: 1024 };
const BITS = 8;
const GIGA = 1e9;

interface Run extends Transfer {
  serverPeak: number;
  clientPeak: number;
}

/** One large transfer at a time: each way, and right after short requests. */
export async function bulk(context: Context): Promise<void> {
  const { generator, originPort } = context;
  const bytes = context.quick ? QUICK_BYTES : BYTES;
  const transfer = async (
    mode: "download" | "upload",
    { socksPort, server, client }: Tunnel,
  ): Promise<Run> => {
    await resetPeak(server.pid);
    await resetPeak(client.pid);
    const result = await generator.run<Transfer>(
      mode,
      ...[socksPort, originPort, bytes],
    );
    const serverPeak = (await memoryOf(server.pid)).peak;
    const clientPeak = (await memoryOf(client.pid)).peak;
    return { ...result, serverPeak, clientPeak };
  };
  const kinds = [
    { name: "download", run: (tunnel: Tunnel) => transfer("download", tunnel) },
    { name: "upload", run: (tunnel: Tunnel) => transfer("upload", tunnel) },
    {
      name: "download after requests",
      run: async (tunnel: Tunnel) => {
        const { atOnce, seconds, bytes } = LOAD;
        await generator.run<Requests>(
          "requests",
          ...[tunnel.socksPort, originPort, atOnce, seconds, bytes],
        );
        return await transfer("download", tunnel);
      },
    },
  ];
  for (const { name, run } of kinds) {
    const rival = await startShadowsocks(context.directory);
    if (typeof rival === "string") return context.skip(rival);
    await using other = rival;
    await using ours = await startOurs();
    const [mine, theirs] = await alternately([ours, other], ROUNDS, run) as [
      Run[],
      Run[],
    ];
    report(context, name, bytes, mine, theirs, other.name);
  }
}

function report(
  context: Context,
  name: string,
  bytes: number,
  mine: Run[],
  theirs: Run[],
  otherName: string,
): void {
  const rate = ({ seconds }: Run) => bytes * BITS / GIGA / seconds;
  const rates = mine.map((run) => rate(run).toFixed(2)).join(", ");
  context.say(`  ${name}, our runs: ${rates} Gbit/s`);
  context.row({
    figure: name,
    unit: "Gbit/s",
    ours: median(mine.map(rate)),
    other: median(theirs.map(rate)),
    otherName,
    failure: failureOf(mine, bytes),
  });
  for (const key of ["serverPeak", "clientPeak"] as const) {
    context.row({
      figure: `${name}, peak RSS of the ${key.slice(0, 6)}`,
      unit: "MB",
      ours: Math.max(...mine.map((run) => run[key])) / MEGA,
      other: Math.max(...theirs.map((run) => run[key])) / MEGA,
      otherName,
    });
  }
}
