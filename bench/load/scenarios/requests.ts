import type { Requests } from "../generator.ts";
import type { Context } from "../scenario.ts";
import { alternately, median } from "../stats.ts";
import { startOurs, startShadowsocks } from "../tunnels.ts";

const AT_ONCE = 32;
const RESPONSE_BYTES = 1024;
const ROUNDS = 3;
const SECONDS = 5;
const QUICK_SECONDS = 2;

/** Short requests, 32 at once, each over a new SOCKS connection. */
export async function requests(context: Context): Promise<void> {
  const { generator, originPort, quick } = context;
  const rival = await startShadowsocks(context.directory);
  if (typeof rival === "string") return context.skip(rival);
  await using other = rival;
  await using ours = await startOurs();
  const seconds = context.seconds ?? (quick ? QUICK_SECONDS : SECONDS);
  const load = (socksPort: number, seconds: number) =>
    generator.run<Requests>(
      "requests",
      ...[socksPort, originPort, AT_ONCE, seconds, RESPONSE_BYTES],
    );
  // The code is compiled by then.
  await load(ours.socksPort, 1);
  await load(other.socksPort, 1);
  const [mine, theirs] = await alternately(
    [ours, other],
    ROUNDS,
    ({ socksPort }) => load(socksPort, seconds),
  ) as [Requests[], Requests[]];
  const figures = [
    { figure: "requests", unit: "1/s", key: "perSecond" },
    { figure: "one request, p50", unit: "ms", key: "p50" },
    { figure: "one request, p99", unit: "ms", key: "p99" },
  ] as const;
  const wrong = mine.reduce((sum, one) => sum + one.errors + one.stuck, 0);
  for (const { figure, unit, key } of figures) {
    context.row({
      figure,
      unit,
      ours: median(mine.map((one) => one[key])),
      other: median(theirs.map((one) => one[key])),
      otherName: other.name,
      failure: wrong === 0 ? undefined : `${wrong} requests failed`,
    });
  }
}
