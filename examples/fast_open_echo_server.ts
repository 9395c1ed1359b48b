/*
 * An echo server that takes data in SYNs, and says for each conn whether there
 * was some.
 *
 *   deno run --allow-net --allow-ffi examples/fast_open_echo_server.ts 7000
 *
 * The kernel must allow it: sysctl -w net.ipv4.tcp_fastopen=3
 */
// deno-lint-ignore-file no-console
import { listenFastOpen } from "../mod.ts";

const port = Number(Deno.args[0] ?? 7000);
using listener = listenFastOpen({ hostname: "127.0.0.1", port });
const { addr, fastOpen } = listener;
console.log(`listening on ${addr.hostname}:${addr.port}`);
if (!fastOpen.supported) console.log(`no Fast Open: ${fastOpen.reason}`);

for await (const conn of listener) {
  const early = conn.fastOpen.result === "acknowledged";
  console.log(`${conn.remoteAddr.port}: ${early ? "data" : "no data"} in SYN`);
  // Ends when the client has sent its end.
  conn.readable.pipeTo(conn.writable).catch(() => conn.close());
}
