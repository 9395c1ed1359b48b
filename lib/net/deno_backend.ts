import { TunnelError } from "../base/errors.ts";
import { SYSTEM_CLOCK } from "../base/clock.ts";
import type {
  Backend,
  DialAddressOptions,
  Dialed,
  Listener,
  ListenHandler,
  ListenOptions,
} from "./backend.ts";
import type { SocketAddress } from "./conn.ts";
import type { DatagramHandler, DatagramSocket } from "./datagrams.ts";
import { DenoConn } from "./deno_conn.ts";
import { DenoRuntimeSockets } from "./deno_runtime_sockets.ts";
import { NodeDatagrams } from "./node_datagrams.ts";
import { errorOfSystem } from "./system_error.ts";
import { Turns } from "./turns.ts";

/** Wait before accepting again after descriptors ran out. */
const ACCEPT_RETRY_MS = 100;

type DenoListener = Deno.Listener<Deno.TcpConn | Deno.UnixConn>;

/**
 * Sockets through Deno's own TCP: works everywhere and without `--allow-ffi`,
 * but cannot put data into a SYN, read TCP_INFO or send a reset.
 */
export class DenoBackend implements Backend {
  readonly name = "deno";
  readonly runtime = new DenoRuntimeSockets();
  readonly #turns = new Turns(() => false);
  #open = 0;
  #idle: (() => void)[] = [];

  idle(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  atTurnEnd(task: () => void): void {
    this.#turns.add(task, reportError);
  }

  listen(options: ListenOptions, handler: ListenHandler): Listener {
    const { host: hostname, port, reusePort = false } = options;
    if (reusePort) {
      // Unstable in Deno, which ends the program where the flag is missing.
      throw new TunnelError("unsupported", "cannot share a port without FFI");
    }
    try {
      const listener = Deno.listen({ hostname, port });
      const { addr } = listener;
      return this.#accepting(listener, handler, {
        host: addr.hostname,
        port: addr.port,
      });
    } catch (error) {
      throw errorOfSystem(error);
    }
  }

  listenUnix(path: string, handler: ListenHandler): Listener {
    try {
      const listener = Deno.listen({ transport: "unix", path });
      return this.#accepting(listener, handler, { host: "", port: 0 });
    } catch (error) {
      throw errorOfSystem(error);
    }
  }

  #accepting(
    listener: DenoListener,
    handler: ListenHandler,
    addr: SocketAddress,
  ): Listener {
    const stop = new AbortController();
    const { signal } = stop;
    this.#retain();
    const accepting = this.#acceptLoop(listener, handler, signal);
    accepting.finally(() => this.#release());
    return {
      addr,
      ref: () => listener.ref(),
      unref: () => listener.unref(),
      close: () => {
        if (signal.aborted) return;
        stop.abort();
        listener.close();
      },
    };
  }

  async #acceptLoop(
    listener: DenoListener,
    handler: ListenHandler,
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      let conn: Deno.TcpConn | Deno.UnixConn;
      try {
        conn = await listener.accept();
      } catch (thrown) {
        if (signal.aborted) return;
        // A peer that reset before the accept costs one turn, not the loop.
        if (thrown instanceof Deno.errors.NotConnected) continue;
        handler.acceptFailed(errorOfSystem(thrown));
        await SYSTEM_CLOCK.delay(ACCEPT_RETRY_MS, signal).catch(() => {});
        continue;
      }
      // Closed between the accept and now: nobody would own this conn.
      if (signal.aborted) return conn.close();
      handler.accepted(this.#own(conn));
    }
  }

  async dial(
    address: SocketAddress,
    options: DialAddressOptions = {},
  ): Promise<Dialed> {
    const { signal } = options;
    signal?.throwIfAborted();
    const { host: hostname, port } = address;
    this.#retain();
    try {
      const conn = await Deno.connect(
        signal ? { hostname, port, signal } : { hostname, port },
      );
      return { conn: this.#own(conn), sent: 0 };
    } catch (error) {
      signal?.throwIfAborted();
      throw errorOfSystem(error);
    } finally {
      this.#release();
    }
  }

  async bindDatagrams(
    address: SocketAddress,
    handler: DatagramHandler,
  ): Promise<DatagramSocket> {
    this.#retain();
    try {
      return await NodeDatagrams.bind(address, handler, () => this.#release());
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  #own(conn: Deno.TcpConn | Deno.UnixConn): DenoConn {
    this.#retain();
    if ("setNoDelay" in conn) {
      try {
        conn.setNoDelay(true);
      } catch {
        // The peer has reset already: reading will tell.
      }
    }
    return new DenoConn(conn, () => this.#release());
  }

  #retain(): void {
    this.#open++;
  }

  #release(): void {
    if (--this.#open > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
