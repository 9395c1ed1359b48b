/* Prints TCP_NODELAY of both ends of a tunnel, which are in this process. */
import {
  getOption,
  IPPROTO_TCP,
  localAddress,
  remoteAddress,
  TCP_NODELAY,
} from "../../ffi/mod.ts";
import { startClient, startServer } from "../../mod.ts";
import type { NodelayReport } from "./_report.ts";

const HOST = "127.0.0.1";
const TOKEN = "a token of the tests";

/** The connected sockets of this process with `port` at the end that is asked. */
function noDelays(
  addressOf: typeof localAddress,
  port: number,
): number[] {
  return [...Deno.readDirSync("/proc/self/fd")]
    .map((entry) => Number(entry.name))
    .filter((fd) => remoteAddress(fd) && addressOf(fd)?.port === port)
    .map((fd) => getOption(fd, IPPROTO_TCP, TCP_NODELAY));
}

const server = await startServer({
  token: TOKEN,
  hostname: HOST,
  port: 0,
  backend: "epoll",
  gracePeriodMs: 0,
});
const { port } = server.addr;
const client = await startClient({
  url: `ws://${HOST}:${port}`,
  token: TOKEN,
  socksPort: 0,
  backend: "epoll",
  gracePeriodMs: 0,
});
await client.ready;
const report: NodelayReport = {
  client: noDelays(remoteAddress, port),
  server: noDelays(localAddress, port),
};
await client.close();
await server.close();
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(report)));
