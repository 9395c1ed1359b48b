/* Prints what both ends of three dials say, made by the library's functions: for
 * a network namespace of its own. */
import { dialFastOpen, listenFastOpen } from "../../mod.ts";
import type { LibraryReport } from "./_library_report.ts";

const DATA = new TextEncoder().encode("in the SYN");

using listener = listenFastOpen({ hostname: "127.0.0.1", port: 0 });
const report: LibraryReport = { listener: listener.fastOpen, visits: [] };
for (const fastOpen of [true, true, false]) {
  const { port } = listener.addr;
  using near = await dialFastOpen({ port, data: DATA, fastOpen });
  using far = await listener.accept();
  const received = new Uint8Array(64);
  const count = await far.read(received);
  report.visits.push({
    near: near.fastOpen,
    far: far.fastOpen,
    received: new TextDecoder().decode(received.subarray(0, count ?? 0)),
  });
}
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
