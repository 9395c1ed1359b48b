import { assert, assertEquals } from "@std/assert";
import type { RunningProcess } from "../../bench/load/processes.ts";
import {
  SERVER_HOST,
  Stage,
  TARGET_HOST,
  TARGET_PORT,
  whyNoStage,
} from "../../bench/rtt/stage.ts";
import type { HopSummary } from "../../lib/base/hop_summary.ts";
import { pathBeside } from "../ffi/run_deno.ts";

const REASON = whyNoStage();
const TOKEN = "a token of the tests";
const DISTANCES = { t: 60, d: 30, loss: 0 };
/** The client's host as others see it. */
const CLIENT_HOST = "10.9.0.1";
const SERVER_PORT = 8765;
const SOCKS_PORT = 9870;
const CLIENTS = 3;
const VISITS = 6;
/** Another program may hold the processor, so the time may be this much longer. */
const TOLERANCE = 0.6;
/** And this much shorter: the kernel counts whole milliseconds. */
const ROUNDING = 0.05;

if (REASON !== undefined) {
  // deno-lint-ignore no-console
  console.log(`skipped: the time that was saved: ${REASON}`);
}

function startServer(stage: Stage): RunningProcess {
  return stage.runDeno("server", "../../server.ts", [
    ...["--ws-host", SERVER_HOST, "--ws-port", String(SERVER_PORT)],
    ...["--token", TOKEN, "--log-format", "json"],
  ]);
}

function startClient(stage: Stage): RunningProcess {
  return stage.runDeno("client", "../../client.ts", [
    ...["--url", `ws://${SERVER_HOST}:${SERVER_PORT}`, "--token", TOKEN],
    ...["--socks-host", CLIENT_HOST, "--socks-port", String(SOCKS_PORT)],
    ...["--fast-open", "--log-format", "json"],
  ]);
}

/** Lets an app at the target's host visit the target through the client. */
async function visit(stage: Stage): Promise<void> {
  const path = pathBeside(import.meta.url, "_visits_main.ts");
  await using app = stage.run("target", Deno.execPath(), [
    ...["run", "-A", path, CLIENT_HOST, String(SOCKS_PORT)],
    ...[TARGET_HOST, String(TARGET_PORT), String(VISITS)],
  ]);
  await app.find(/visited/);
}

/** Asks a program to end, and gives what it says of each hop then. */
async function endOf(
  program: RunningProcess,
): Promise<(hop: string) => Promise<HopSummary>> {
  Deno.kill(program.pid, "SIGTERM");
  await program.find(/"msg":"Totals"/);
  return async (hop) => {
    const line = new RegExp(`^\\{.*"TCP Fast Open","hop":"${hop}".*\\}$`, "m");
    return JSON.parse((await program.find(line))[0]);
  };
}

function assertSaved(
  { hop, acknowledged, roundTripsSaved, savedMs }: HopSummary,
  times: number,
  roundTripMs: number,
): void {
  assertEquals([hop, acknowledged, roundTripsSaved], [hop, times, times]);
  const expectedMs = times * roundTripMs;
  assert(
    savedMs >= (1 - ROUNDING) * expectedMs &&
      savedMs <= (1 + TOLERANCE) * expectedMs,
    `${hop}: ${savedMs} ms for ${times} * ${roundTripMs} ms`,
  );
}

Deno.test({
  name:
    "the time saved at each hop is its round trip for each acknowledged SYN",
  ignore: REASON !== undefined,
  async fn() {
    await using stage = await Stage.open(DISTANCES, 1);
    const { t, d } = DISTANCES;
    await using server = startServer(stage);
    await server.find(/Listening on/);
    // The first one gets the cookie of the server.
    for (let i = 0; i < CLIENTS; i++) {
      await using client = startClient(stage);
      await client.find(/SOCKS5 proxy on/);
      const isLast = i === CLIENTS - 1;
      if (isLast) await visit(stage);
      const said = await endOf(client);
      assertSaved(await said("tunnel"), Math.min(i, 1), t);
      // The app's first SYN asks for the cookie, as the first one to the target.
      if (isLast) assertSaved(await said("socks"), VISITS - 1, t + d);
    }
    const said = await endOf(server);
    assertSaved(await said("ws"), CLIENTS - 1, t);
    assertSaved(await said("target"), VISITS - 1, d);
  },
});
