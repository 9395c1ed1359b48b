import type { Conn } from "./conn.ts";
import type { FastOpenOutcome } from "./fast_open.ts";
import { StreamConn } from "./stream_conn.ts";

/**
 * A TCP conn that knows what its SYN did; made by `dialFastOpen` and
 * `listenFastOpen`. An open one keeps the program running until `unref`.
 */
export class FastOpenConn extends StreamConn {
  /** What this conn's SYN carried, and with what result. */
  readonly fastOpen: FastOpenOutcome;
  readonly #conn: Conn;

  /** Takes over `conn`. */
  constructor(conn: Conn, fastOpen: FastOpenOutcome = conn.fastOpen) {
    super(conn);
    this.#conn = conn;
    this.fastOpen = fastOpen;
  }

  /** Keeps the program running while the conn is open, as by default. */
  ref(): void {
    this.#conn.ref?.();
  }

  /**
   * Lets the program end while the conn is open, even if a `read` or `write` waits.
   * With epoll the program then ends up to 100 ms late, and while all conns and
   * listeners of the program are unref'd it wakes 10 times a second.
   */
  unref(): void {
    this.#conn.unref?.();
  }
}
