import { type Conn, END, FAILED } from "./conn.ts";
import { Deadlines } from "../base/deadlines.ts";

/** How long a peer may keep sending after our end. */
const LINGER_MS = 5000;

const LINGERS = new Deadlines(LINGER_MS);
const DISCARD = new Uint8Array(65_536);

/**
 * Sends the end of our direction and closes once the peer has ended its own, or
 * after a while. Closing at once with unread bytes makes the kernel send a
 * reset, and the peer may lose what it has not read.
 *
 * @param conn The conn; ownership passes to this function.
 * @param done Called when it is closed.
 */
export function closeGently(conn: Conn, done: () => void = () => {}): void {
  function finish(): void {
    LINGERS.cancel(deadline);
    conn.close();
    done();
  }
  function discard(): void {
    for (;;) {
      const count = conn.read(DISCARD);
      if (count === 0) return;
      if (count === END || count === FAILED) return finish();
    }
  }
  const deadline = LINGERS.add(finish);
  conn.handler = { readable: discard, writable() {}, failed: finish };
  conn.closeWrite();
  discard();
}
