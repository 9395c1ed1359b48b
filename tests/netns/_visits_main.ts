/* An app: visits a target through a SOCKS port several times, one after the other,
 * all it has to say in the SYN.
 *
 *   deno run -A _visits_main.ts SOCKS_HOST SOCKS_PORT TARGET_HOST TARGET_PORT COUNT
 */
import { dialFastOpen } from "../../mod.ts";
import { GREETING, join, requestFor } from "../e2e/_app.ts";

const [socksHost, socksPort, host, port, count] = Deno.args;
const REQUEST = new TextEncoder().encode(
  `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
);
const data = join(GREETING, requestFor(host!, Number(port)), REQUEST);

for (let i = 0; i < Number(count); i++) {
  const address = { hostname: socksHost!, port: Number(socksPort) };
  using conn = await dialFastOpen({ ...address, data });
  const answer = await new Response(conn.readable).text();
  if (!answer.endsWith("ok")) throw new Error(`got "${answer}"`);
}
Deno.stdout.writeSync(new TextEncoder().encode("visited\n"));
Deno.exit(0);
