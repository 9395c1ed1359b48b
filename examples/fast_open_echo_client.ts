/*
 * Sends a line to the echo server with and without Fast Open, and shows how long
 * each answer took. The first visit gets a cookie; from the second on the line
 * travels in the SYN and saves a round trip.
 *
 *   deno run --allow-net --allow-ffi examples/fast_open_echo_client.ts 7000
 *
 * On loopback a round trip is too short to be seen. A delay shows it:
 *   tc qdisc add dev lo root netem delay 50ms    (and `del` afterwards)
 */
// deno-lint-ignore-file no-console
import { dialFastOpen } from "../mod.ts";

const port = Number(Deno.args[0] ?? 7000);
const hostname = Deno.args[1] ?? "127.0.0.1";
const line = new TextEncoder().encode("hello in the SYN\n");

for (const fastOpen of [true, true, true, false]) {
  const start = performance.now();
  using conn = await dialFastOpen({ hostname, port, data: line, fastOpen });
  const answer = new Uint8Array(64);
  const count = await conn.read(answer) ?? 0;
  const ms = performance.now() - start;
  const { result, rttUs, reason } = conn.fastOpen;
  const what = reason === undefined ? result : `${result} (${reason})`;
  console.log(`${ms.toFixed(1)} ms, ${count} bytes, SYN data: ${what}`);
  if (rttUs > 0) console.log(`  the kernel's round trip: ${rttUs / 1000} ms`);
}
