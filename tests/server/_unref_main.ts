// deno-lint-ignore-file no-console
// A server with a SOCKS port that lets the program end; prints before it does.
import { startServer } from "../../mod.ts";

const server = await startServer({
  token: "a token",
  reverse: { token: "another" },
  socksNoWait: true,
  hostname: "127.0.0.1",
  port: 0,
});
server.unref();
server.ref();
server.unref();
console.log("unref'd");
