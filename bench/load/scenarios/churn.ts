import { close, sleep, Target, within } from "../apps.ts";
import { CutRelay } from "../cut_relay.ts";
import { cpuSecondsOf, descriptorsOf, memoryOf } from "../proc.ts";
import type { Context } from "../scenario.ts";
import { startOurs, type Tunnel } from "../tunnels.ts";
import { ACTS, serveChurn, wholeRequest } from "./churn_acts.ts";
import { MEGA } from "./transfers.ts";

const APPS = 40;
const SECONDS = 60;
const QUICK_SECONDS = 10;
/** Code, pools and heaps have their size by then. */
const WARM_UP_SECONDS = 10;
const QUICK_WARM_UP_SECONDS = 3;
const CUT_EVERY_MS = 4000;
/** While the session is lost a conn may wait for a new one. */
const ACT_DEADLINE_MS = 20_000;
const SETTLE_DEADLINE_MS = 20_000;
const SETTLE_POLL_MS = 250;
const IDLE_MS = 3000;
const SPARE_DESCRIPTORS = 4;
const MAX_GROWTH_MB = 50;
const MAX_IDLE_CPU = 0.1;

interface State {
  descriptors: number;
  rss: number;
}

interface Tally {
  done: number;
  /** Ended by an error, as they may when the session is cut. */
  broken: number;
  stuck: Map<string, number>;
  wrong: number;
}

/** Conns that end anywhere, and a WebSocket that is cut now and then. */
export async function churn(context: Context): Promise<void> {
  const { quick, row, say } = context;
  const seconds = context.seconds ?? (quick ? QUICK_SECONDS : SECONDS);
  const relays: CutRelay[] = [];
  await using ours = await startOurs({
    via: (port) => {
      relays.push(new CutRelay(port));
      return relays[0]!.port;
    },
  });
  await using relay = relays[0]!;
  await using target = new Target(serveChurn);
  const ports = { socks: ours.socksPort, target: target.port };

  await churnFor(
    quick ? QUICK_WARM_UP_SECONDS : WARM_UP_SECONDS,
    ports,
    relay,
  );
  const before = await settled(ours, target);
  const tally = newTally();
  const look = async () => {
    const { server, client } = await stateOf(ours);
    say(`  ${spell("server", server)}; ${spell("client", client)}`);
  };
  await churnFor(seconds / 2, ports, relay, tally, look);
  // V8's heap finds its size in the first half; a leak goes on in the second.
  const halfway = await stateOf(ours);
  await churnFor(seconds / 2, ports, relay, tally, look);
  const after = await settled(ours, target, before);
  const { done, broken, stuck, wrong } = tally;
  const stuckActs = [...stuck].map(([act, count]) => `${count} × ${act}`);
  say(`  ${done} done, ${broken} broken by cuts or aborts`);
  row({
    figure: `conns ended in ${seconds} s, one way or another`,
    unit: "",
    ours: done + broken,
    failure: stuckActs.length > 0
      ? `stuck for ${ACT_DEADLINE_MS} ms: ${stuckActs.join(", ")}`
      : wrong > 0
      ? `${wrong} answers differ`
      : undefined,
  });
  row({
    figure: "conns at the target afterwards",
    unit: "",
    ours: target.open,
    failure: target.open > 0 ? "they are never ended" : undefined,
  });
  for (const side of ["server", "client"] as const) {
    const more = after[side].descriptors - before[side].descriptors;
    row({
      figure: `descriptors more than before, ${side}`,
      unit: "",
      ours: more,
      failure: more > SPARE_DESCRIPTORS ? "a leak" : undefined,
    });
    row({
      figure: `RSS more than before, ${side}`,
      unit: "MB",
      ours: (after[side].rss - before[side].rss) / MEGA,
    });
    const growth = (after[side].rss - halfway[side].rss) / MEGA;
    row({
      figure: `RSS more than halfway, ${side}`,
      unit: "MB",
      ours: growth,
      failure: growth > MAX_GROWTH_MB ? `over ${MAX_GROWTH_MB} MB` : undefined,
    });
    const cpu = await idleCpu(ours[side].pid);
    row({
      figure: `CPU time when idle again, ${side}`,
      unit: "s/s",
      ours: cpu,
      failure: cpu > MAX_IDLE_CPU ? "it spins" : undefined,
    });
  }
  const begin = performance.now();
  await within(wholeRequest(ports), ACT_DEADLINE_MS, "a request afterwards");
  row({
    figure: "a request afterwards",
    unit: "ms",
    ours: performance.now() - begin,
  });
}

async function churnFor(
  seconds: number,
  ports: { socks: number; target: number },
  relay: CutRelay,
  tally: Tally = newTally(),
  look?: () => Promise<void>,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  const names = Object.keys(ACTS);
  const app = async () => {
    while (performance.now() < deadline) {
      const name = names[Math.floor(Math.random() * names.length)]!;
      await perform(name, ports, tally);
    }
  };
  const cutter = async () => {
    for (let turn = 1; performance.now() < deadline; turn++) {
      await sleep(Math.min(CUT_EVERY_MS, deadline - performance.now()));
      relay.cut();
      await look?.();
    }
  };
  await Promise.all([cutter(), ...Array.from({ length: APPS }, app)]);
}

function newTally(): Tally {
  return { done: 0, broken: 0, stuck: new Map(), wrong: 0 };
}

async function perform(
  name: string,
  ports: { socks: number; target: number },
  tally: Tally,
): Promise<void> {
  const owned: Deno.TcpConn[] = [];
  const late = `LATE ${name}`;
  try {
    const act = ACTS[name]!(ports, (conn) => owned.push(conn));
    await within(act, ACT_DEADLINE_MS, late);
    tally.done++;
  } catch (error) {
    if (error instanceof TypeError) tally.wrong++;
    else if (error instanceof Error && error.message.startsWith(late)) {
      tally.stuck.set(name, (tally.stuck.get(name) ?? 0) + 1);
    } else tally.broken++;
  } finally {
    for (const conn of owned) close(conn);
  }
}

async function stateOf(
  tunnel: Tunnel,
): Promise<Record<"server" | "client", State>> {
  const of = async (pid: number) => ({
    descriptors: await descriptorsOf(pid),
    rss: (await memoryOf(pid)).rss,
  });
  return {
    server: await of(tunnel.server.pid),
    client: await of(tunnel.client.pid),
  };
}

/** The state once nothing changes any more, or when there was time enough. */
async function settled(
  tunnel: Tunnel,
  target: Target,
  before?: Record<"server" | "client", State>,
): Promise<Record<"server" | "client", State>> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS;
  await sleep(IDLE_MS);
  for (;;) {
    const state = await stateOf(tunnel);
    const calm = target.open === 0 &&
      (["server", "client"] as const).every((side) =>
        !before || state[side].descriptors <= before[side].descriptors
      );
    if (calm || performance.now() > deadline) return state;
    await sleep(SETTLE_POLL_MS);
  }
}

async function idleCpu(pid: number): Promise<number> {
  const before = await cpuSecondsOf(pid);
  await sleep(IDLE_MS);
  return (await cpuSecondsOf(pid) - before) / (IDLE_MS / 1000);
}

function spell(name: string, { descriptors, rss }: State): string {
  return `${name} ${descriptors} descriptors, ${Math.round(rss / MEGA)} MB`;
}
