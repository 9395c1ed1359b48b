import type { TunnelError } from "../../lib/base/errors.ts";
import type {
  Backend,
  Listener,
  ListenHandler,
} from "../../lib/net/backend.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { EventConn } from "./_event_conn.ts";

/** Hands out what a listener has accepted. */
export class Acceptor implements ListenHandler {
  readonly failures: TunnelError[] = [];
  count = 0;
  readonly #accepted: EventConn[] = [];
  readonly #waiting: ((conn: EventConn) => void)[] = [];

  accepted(conn: Conn): void {
    this.count++;
    const accepted = new EventConn(conn);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(accepted);
    else this.#accepted.push(accepted);
  }

  acceptFailed(error: TunnelError): void {
    this.failures.push(error);
  }

  /** The next accepted conn. */
  next(): Promise<EventConn> {
    const accepted = this.#accepted.shift();
    if (accepted) return Promise.resolve(accepted);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Listens at a free port of the loopback. */
export function listen(
  backend: Backend,
  host = "127.0.0.1",
): { listener: Listener; acceptor: Acceptor } {
  const acceptor = new Acceptor();
  return { acceptor, listener: backend.listen({ host, port: 0 }, acceptor) };
}

/** Both ends of an established conn; its listener is closed already. */
export async function connPair(
  backend: Backend,
  host = "127.0.0.1",
): Promise<[near: EventConn, far: EventConn]> {
  const { listener, acceptor } = listen(backend, host);
  const { conn } = await backend.dial(listener.addr);
  const near = new EventConn(conn);
  const far = await acceptor.next();
  listener.close();
  return [near, far];
}
