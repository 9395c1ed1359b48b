/* Tries to hand a conn over with the permissions it was given. */
import { accept, handOver, listenTcp, localAddress } from "../../ffi/mod.ts";

const listener = listenTcp({ host: "127.0.0.1", port: 0 });
const { port } = localAddress(listener)!;
const far = await Deno.connect({ hostname: "127.0.0.1", port });
const handed = handOver(accept(listener), listener);
far.close();
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ handed })));
