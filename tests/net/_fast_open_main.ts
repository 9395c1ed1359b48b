/* Says what TCP Fast Open may do, with the permissions it was given. */
import { fastOpenSupport } from "../../lib/net/fast_open.ts";

const text = JSON.stringify(fastOpenSupport());
Deno.stdout.writeSync(new TextEncoder().encode(text));
