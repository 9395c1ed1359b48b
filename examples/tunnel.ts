/*
 * The library in one program: a server, a client, a stream and Deno's own fetch
 * through the tunnel.
 *
 *   deno run -A examples/tunnel.ts
 */
// deno-lint-ignore-file no-console
import { startClient, startServer } from "../mod.ts";

const hostname = "127.0.0.1";
const token = crypto.randomUUID();
// The target of the requests; any site would do.
await using origin = Deno.serve(
  { hostname, port: 0, onListen() {} },
  () => new Response("hello through the tunnel\n"),
);
const target = { hostname, port: origin.addr.port };

await using server = await startServer({ token, hostname, port: 0 });
const stop = new AbortController();
await using client = await startClient({
  url: `ws://${hostname}:${server.addr.port}`,
  token,
  socksPort: 0,
  signal: stop.signal,
  observer: ({ type }) => type === "sessionOpened" && console.log("connected"),
});
await client.ready;

// A stream of our own; `data` travels with the request for the target.
using conn = await client.connect({
  ...target,
  data: new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"),
});
console.log((await new Response(conn.readable).text()).split("\r\n")[0]);

// fetch through the client's proxy port.
using proxy = Deno.createHttpClient({
  proxy: { url: `socks5h://${hostname}:${client.addr!.port}` },
});
const url = `http://${hostname}:${target.port}/`;
console.log(await (await fetch(url, { client: proxy })).text());

stop.abort();
await client.closed;
console.log("closed by the signal");
