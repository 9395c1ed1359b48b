import { unmapIpv4 } from "../../ffi/mod.ts";
import { TunnelError } from "../base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
  IGNORE,
  type SocketAddress,
} from "./conn.ts";
import { FAST_OPEN_OFF, type FastOpenOutcome } from "./fast_open.ts";
import { errorOfSystem } from "./system_error.ts";

/** Buffer of an idle conn's pending read. */
const SMALL_READ_BYTES = 1024;
/** Buffer of a busy conn's read. */
const LARGE_READ_BYTES = 65_536;
/** Upper bound on bytes waiting to be written. */
const MAX_WRITE_BYTES = 65_536;

const NOWHERE: SocketAddress = { host: "", port: 0 };

function addressOf(addr: Deno.Addr): SocketAddress {
  return addr.transport === "tcp"
    ? { host: unmapIpv4(addr.hostname), port: addr.port }
    : NOWHERE;
}

/**
 * Deno's own conn behind the contract of `Conn`: one read is always pending
 * while the owner waits for bytes, and one write while the peer is slow.
 */
export class DenoConn implements Conn {
  handler: ConnHandler = IGNORE;
  readonly fastOpen: FastOpenOutcome = FAST_OPEN_OFF;
  readonly #conn: Deno.TcpConn | Deno.UnixConn;
  readonly #released: () => void;
  #error: TunnelError | undefined;
  #closed = false;
  /** Bytes read from Deno's conn and not fetched by the owner. */
  #stored: Uint8Array | undefined;
  #ended = false;
  #reading = false;
  #readBytes = SMALL_READ_BYTES;
  #writing = false;
  /** Bytes taken from the owner and not written, oldest first. */
  readonly #outgoing: Uint8Array[] = [];
  #outgoingBytes = 0;
  #awaitsRoom = false;
  #afterWrite: "nothing" | "closeWrite" | "close" = "nothing";

  /** Takes over `conn`; `released` is called once it is closed. */
  constructor(conn: Deno.TcpConn | Deno.UnixConn, released: () => void) {
    this.#conn = conn;
    this.#released = released;
  }

  get error(): TunnelError | undefined {
    return this.#error;
  }

  get local(): SocketAddress {
    return addressOf(this.#conn.localAddr);
  }

  get remote(): SocketAddress {
    return addressOf(this.#conn.remoteAddr);
  }

  /** Turns on TCP keepalive, with the system's times; not when it is closed. */
  keepAlive(): void {
    if (!this.#closed && "setKeepAlive" in this.#conn) {
      this.#conn.setKeepAlive(true);
    }
  }

  read(into: Uint8Array): number {
    if (this.#closed) return FAILED;
    const stored = this.#stored;
    if (stored) {
      const count = Math.min(stored.length, into.length);
      into.set(stored.subarray(0, count));
      this.#stored = count < stored.length ? stored.subarray(count) : undefined;
      return count;
    }
    if (this.#error) return FAILED;
    if (this.#ended) return END;
    if (!this.#reading) this.#startRead();
    return 0;
  }

  #startRead(): void {
    this.#reading = true;
    const buffer = new Uint8Array(this.#readBytes);
    this.#conn.read(buffer).then((count) => {
      this.#reading = false;
      if (this.#closed) return;
      if (count === null) {
        this.#ended = true;
      } else {
        this.#stored = buffer.subarray(0, count);
        this.#readBytes = count === buffer.length
          ? LARGE_READ_BYTES
          : count < SMALL_READ_BYTES
          ? SMALL_READ_BYTES
          : this.#readBytes;
      }
      this.handler.readable();
    }, (error) => {
      this.#reading = false;
      this.#fail(error);
    });
  }

  write(bytes: Uint8Array): number {
    if (this.#closed || this.#error) return FAILED;
    if (this.#afterWrite !== "nothing") return FAILED;
    const room = MAX_WRITE_BYTES - this.#outgoingBytes;
    const chunk = bytes.slice(0, room);
    if (chunk.length < bytes.length) this.#awaitsRoom = true;
    if (chunk.length === 0) return 0;
    this.#outgoing.push(chunk);
    this.#outgoingBytes += chunk.length;
    if (!this.#writing) this.#startWrite();
    return chunk.length;
  }

  #startWrite(): void {
    this.#writing = true;
    this.#writeOutgoing().then(() => {
      this.#writing = false;
      // Taken after the last write had ended and before we heard of it.
      if (this.#outgoing.length > 0) return this.#startWrite();
      if (this.#afterWrite === "closeWrite") return this.#sendEnd();
      if (this.#afterWrite === "close") return this.#release();
      if (this.#closed || !this.#awaitsRoom) return;
      this.#awaitsRoom = false;
      this.handler.writable();
    }, (error) => {
      this.#writing = false;
      if (this.#afterWrite === "close") return this.#release();
      this.#fail(error);
    });
  }

  async #writeOutgoing(): Promise<void> {
    for (let next = this.#outgoing[0]; next; next = this.#outgoing[0]) {
      await this.#writeAll(next);
      this.#outgoing.shift();
      this.#outgoingBytes -= next.length;
    }
  }

  async #writeAll(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      at += await this.#conn.write(chunk.subarray(at));
    }
  }

  #fail(error: unknown): void {
    if (this.#closed || this.#error) return;
    this.#error = errorOfSystem(error);
    this.handler.failed(this.#error);
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }

  closeWrite(): void {
    if (this.#closed || this.#afterWrite !== "nothing") return;
    this.#afterWrite = "closeWrite";
    if (!this.#writing) this.#sendEnd();
  }

  #sendEnd(): void {
    this.#conn.closeWrite().catch((error) => {
      // ENOTCONN: the peer is gone, there is nobody to tell.
      if (!(error instanceof Deno.errors.NotConnected)) this.#fail(error);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#end();
    this.#afterWrite = "close";
    if (!this.#writing) this.#release();
  }

  reset(): void {
    if (this.#closed) return;
    this.#end();
    this.#release();
  }

  #end(): void {
    this.#closed = true;
    this.#error ??= new TunnelError("closed", "the conn is closed");
    this.handler = IGNORE;
    this.#stored = undefined;
  }

  #release(): void {
    try {
      this.#conn.close();
    } catch {
      // Already closed by a reset while a write was pending.
    }
    this.#released();
  }
}
