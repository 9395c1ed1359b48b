import type { Conn } from "./conn.ts";
import type { FastOpenOutcome } from "./fast_open.ts";
import { StreamConn } from "./stream_conn.ts";

/**
 * A TCP conn that knows what its SYN did; made by `dialFastOpen` and
 * `listenFastOpen`. An open one keeps the program running.
 */
export class FastOpenConn extends StreamConn {
  /** What the SYN of this conn carried and what became of it. */
  readonly fastOpen: FastOpenOutcome;

  /** Takes over `conn`. */
  constructor(conn: Conn, fastOpen: FastOpenOutcome = conn.fastOpen) {
    super(conn);
    this.fastOpen = fastOpen;
  }
}
