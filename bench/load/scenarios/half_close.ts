import {
  close,
  reach,
  readExactly,
  readToEnd,
  sleep,
  Target,
  within,
  writeAll,
} from "../apps.ts";
import type { Context } from "../scenario.ts";
import { startOurs, startShadowsocks, type Tunnel } from "../tunnels.ts";

const REQUESTS = 20;
const ANSWER_DELAY_MS = 200;
const QUESTION = new TextEncoder().encode("what is behind the end?");
const CONNS = 300;
const DEADLINE_MS = 20_000;

/** Ends of one direction, and of many conns at once. */
export async function halfClose(context: Context): Promise<void> {
  await using ours = await startOurs();
  const rival = await startShadowsocks(context.directory);
  if (typeof rival === "string") context.skip(`the comparison: ${rival}`);
  await using other = typeof rival === "string" ? undefined : rival;
  for (
    const { figure, unit, measure, failure } of [
      {
        figure: `answers behind the end of the request, of ${REQUESTS}`,
        unit: "",
        measure: answersBehindEnd,
        failure: (value: number) =>
          value === REQUESTS ? undefined : `not ${REQUESTS}`,
      },
      {
        figure: `${CONNS} ends by targets, until the last app saw its`,
        unit: "ms",
        measure: endsByTargets,
        failure: () => undefined,
      },
      {
        figure: `${CONNS} ends by apps, until the last target saw its`,
        unit: "ms",
        measure: endsByApps,
        failure: () => undefined,
      },
    ]
  ) {
    const mine = await measure(ours);
    const theirs = other && await measure(other);
    context.row({
      figure,
      unit,
      ours: mine,
      ...(other && { other: theirs!, otherName: other.name }),
      failure: failure(mine),
    });
  }
}

async function answersBehindEnd({ socksPort }: Tunnel): Promise<number> {
  await using target = new Target(async (conn) => {
    const count = await readToEnd(conn);
    await sleep(ANSWER_DELAY_MS);
    await writeAll(conn, new Uint8Array(count));
  });
  const outcomes = await Promise.allSettled(
    Array.from({ length: REQUESTS }, async () => {
      const conn = await reach(socksPort, target.port);
      try {
        await writeAll(conn, QUESTION);
        await conn.closeWrite();
        const answer = within(readToEnd(conn), DEADLINE_MS, "the answer");
        return await answer === QUESTION.length;
      } finally {
        close(conn);
      }
    }),
  );
  return outcomes.filter((one) => one.status === "fulfilled" && one.value)
    .length;
}

/** Conns that all have echoed one byte. */
async function openAll(
  { socksPort }: Tunnel,
  port: number,
): Promise<Deno.TcpConn[]> {
  return await Promise.all(
    Array.from({ length: CONNS }, async () => {
      const conn = await reach(socksPort, port);
      await writeAll(conn, new Uint8Array(1));
      await within(readExactly(conn, 1), DEADLINE_MS, "the echo");
      return conn;
    }),
  );
}

async function endsByTargets(tunnel: Tunnel): Promise<number> {
  const served: Deno.TcpConn[] = [];
  const never = Promise.withResolvers<void>();
  await using target = new Target(async (conn) => {
    await writeAll(conn, await readExactly(conn, 1));
    served.push(conn);
    await never.promise;
  });
  const conns = await openAll(tunnel, target.port);
  const begin = performance.now();
  const ends = conns.map((conn) => readToEnd(conn));
  for (const conn of served) close(conn);
  try {
    await within(Promise.all(ends), DEADLINE_MS, "ends at the apps");
    return performance.now() - begin;
  } finally {
    never.resolve();
    for (const conn of conns) close(conn);
  }
}

async function endsByApps(tunnel: Tunnel): Promise<number> {
  let ended = 0;
  const all = Promise.withResolvers<void>();
  await using target = new Target(async (conn) => {
    await writeAll(conn, await readExactly(conn, 1));
    await readToEnd(conn).catch(() => 0);
    if (++ended === CONNS) all.resolve();
  });
  const conns = await openAll(tunnel, target.port);
  const begin = performance.now();
  for (const conn of conns) close(conn);
  await within(all.promise, DEADLINE_MS, "ends at the targets");
  return performance.now() - begin;
}
