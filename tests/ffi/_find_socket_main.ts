/* Looks for the socket of a listener with the permissions it was given. */
import { findConnection, findListeners } from "../../ffi/mod.ts";

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { hostname: host, port } = listener.addr;
const found = {
  listeners: findListeners({ host, port }),
  connection: findConnection({ host, port }, 1),
};
listener.close();
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(found)));
