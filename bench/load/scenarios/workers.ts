import type { Requests, Transfer } from "../generator.ts";
import type { Context } from "../scenario.ts";
import { alternately, median } from "../stats.ts";
import { startOurs } from "../tunnels.ts";
import { MEGA } from "./transfers.ts";

const ROUNDS = 3;
const SECONDS = 5;
const QUICK_SECONDS = 2;
const AT_ONCE = 32;
const RESPONSE_BYTES = 1024;
const DOWNLOAD_BYTES = 200 * MEGA;
const BITS = 8;
const GIGA = 1e9;

/** The server in one thread against the server in two. */
export async function workers(context: Context): Promise<void> {
  const { generator, originPort } = context;
  if (!await hasFlag("--workers")) {
    return context.skip("the server has no flag --workers yet");
  }
  await using one = await startOurs({ serverFlags: ["--workers", "1"] });
  await using two = await startOurs({ serverFlags: ["--workers", "2"] });
  const seconds = context.seconds ??
    (context.quick ? QUICK_SECONDS : SECONDS);
  const [single, double] = await alternately(
    [one, two],
    ROUNDS,
    async ({ socksPort }) => {
      const { perSecond } = await generator.run<Requests>(
        "requests",
        ...[socksPort, originPort, AT_ONCE, seconds, RESPONSE_BYTES],
      );
      const download = await generator.run<Transfer>(
        "download",
        ...[socksPort, originPort, DOWNLOAD_BYTES],
      );
      const rate = download.bytes * BITS / GIGA / download.seconds;
      return { perSecond, rate };
    },
  ) as [Outcome[], Outcome[]];
  for (
    const { figure, unit, key } of [
      { figure: "requests, two workers", unit: "1/s", key: "perSecond" },
      { figure: "download, two workers", unit: "Gbit/s", key: "rate" },
    ] as const
  ) {
    context.row({
      figure,
      unit,
      ours: median(double.map((outcome) => outcome[key])),
      other: median(single.map((outcome) => outcome[key])),
      otherName: "one worker",
    });
  }
}

interface Outcome {
  perSecond: number;
  rate: number;
}

async function hasFlag(flag: string): Promise<boolean> {
  const program = new URL("../../../server.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program, "--help"],
  }).output();
  const [available] = new TextDecoder().decode(stdout)
    .split("Understood, but not available");
  return available!.includes(flag);
}
