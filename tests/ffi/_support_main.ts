/* Says whether system calls can be made with the permissions it was given. */
import { ffiSupport } from "../../ffi/mod.ts";

Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(ffiSupport())));
