/*
 * A server and a client of the tunnel in one program, and a request through
 * them, made by Deno's own fetch.
 *
 *   deno run -A examples/tunnel.ts
 */
// deno-lint-ignore-file no-console
import { startClient, startServer } from "../mod.ts";

const LOOPBACK = "127.0.0.1";
const token = crypto.randomUUID();

// What the request is for; any site would do.
await using origin = Deno.serve(
  { hostname: LOOPBACK, port: 0, onListen() {} },
  () => new Response("hello through the tunnel\n"),
);

const server = await startServer({ token, hostname: LOOPBACK, port: 0 });
const client = await startClient({
  url: `ws://${LOOPBACK}:${server.addr.port}`,
  token,
  socksPort: 0,
  // Apps send at once: their first bytes reach the target's SYN.
  optimistic: true,
});
await client.ready;
console.log(`SOCKS5 proxy on ${LOOPBACK}:${client.addr!.port}`);
for (const line of client.report()) console.log(`  ${line}`);

{
  using proxied = Deno.createHttpClient({
    proxy: { url: `socks5h://${LOOPBACK}:${client.addr!.port}` },
  });
  const url = `http://${LOOPBACK}:${origin.addr.port}/`;
  const response = await fetch(url, { client: proxied });
  console.log(await response.text());
}

await client.close();
await server.close();
