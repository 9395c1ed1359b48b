import { acceptAll, close, writeAll } from "./apps.ts";

const BUFFER_BYTES = 65_536;

/** Passes conns on to a port of 127.0.0.1, until they are cut. */
export class CutRelay implements AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;

  /** Relays from now on. */
  constructor(targetPort: number) {
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept(targetPort);
  }

  /** Ends all conns at once, in the middle of whatever they carry. */
  cut(): void {
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  async #accept(targetPort: number): Promise<void> {
    for await (const near of acceptAll(this.#listener)) {
      this.#join(near, targetPort).catch(() => close(near));
    }
  }

  async #join(near: Deno.TcpConn, port: number): Promise<void> {
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#conns.add(near);
    this.#conns.add(far);
    await Promise.allSettled([
      this.#pump(near, far),
      this.#pump(far, near),
    ]);
    this.#conns.delete(near);
    this.#conns.delete(far);
  }

  /** Copies to the end of `from`; then both are closed. */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(BUFFER_BYTES);
    from.setNoDelay(true);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) return;
        await writeAll(to, buffer.subarray(0, count));
      }
    } finally {
      close(from);
      close(to);
    }
  }

  /** Closes the listener and cuts all conns. */
  async [Symbol.asyncDispose](): Promise<void> {
    close(this.#listener);
    this.cut();
    await this.#accepting;
  }
}
