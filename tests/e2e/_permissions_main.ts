/* Prints what a server reports of its port, and whether a client gets a session:
 * for a process that may not do everything. */
import { startClient, startServer } from "../../mod.ts";

const token = "a token of the tests";
const hostname = "127.0.0.1";
const server = await startServer({ token, hostname, port: 0 });
const client = await startClient({
  url: `ws://${hostname}:${server.addr.port}`,
  token,
  socksPort: 0,
});
const ready = await client.ready.then(() => "", (error) => error.name);
await client.close().catch(() => {});
const ws = server.report()[0];
await server.close();
await Deno.stdout.write(
  new TextEncoder().encode(JSON.stringify({ ws, ready })),
);
