import type { Conn } from "./conn.ts";
import { DenoConn } from "./deno_conn.ts";
import { FAST_OPEN_OFF, type FastOpenOutcome } from "./fast_open.ts";
import type { HandedOver, RuntimeSockets } from "./runtime_sockets.ts";

/** What works without system calls: almost nothing. */
export class DenoRuntimeSockets implements RuntimeSockets {
  tuneServeListener(): undefined {
    // Deno.serve sets TCP_NODELAY itself; the rest needs system calls.
  }

  inspectServed(): FastOpenOutcome {
    return FAST_OPEN_OFF;
  }

  tuneTunnel(conn: Conn): void {
    if (conn instanceof DenoConn) conn.keepAlive();
  }

  giveConn(): HandedOver {
    return "impossible";
  }
}
