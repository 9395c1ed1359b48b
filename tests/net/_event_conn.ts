import type { TunnelError } from "../../lib/base/errors.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
} from "../../lib/net/conn.ts";

/**
 * A conn for tests: promises over the contract of `ConnHandler`, which it holds
 * the conn to. A breach is thrown in the handler, so that the test fails.
 */
export class EventConn implements ConnHandler {
  readonly conn: Conn;
  /** What `failed` was told. */
  readonly failures: TunnelError[] = [];
  #readable = Promise.withResolvers<void>();
  #writable = Promise.withResolvers<void>();
  #inCall = false;
  #closed = false;

  constructor(conn: Conn) {
    this.conn = conn;
    conn.handler = this;
  }

  readable(): void {
    this.#checkEvent("readable");
    this.#readable.resolve();
    this.#readable = Promise.withResolvers();
  }

  writable(): void {
    this.#checkEvent("writable");
    this.#writable.resolve();
    this.#writable = Promise.withResolvers();
  }

  failed(error: TunnelError): void {
    this.#checkEvent("failed");
    this.failures.push(error);
    if (this.failures.length > 1) throw new Error("failed was told twice");
    this.#readable.resolve();
    this.#readable = Promise.withResolvers();
    this.#writable.resolve();
    this.#writable = Promise.withResolvers();
  }

  #checkEvent(name: string): void {
    if (this.#inCall) throw new Error(`${name} inside a call of our own`);
    if (this.#closed) throw new Error(`${name} after the end`);
  }

  #call<T>(fn: () => T): T {
    this.#inCall = true;
    try {
      return fn();
    } finally {
      this.#inCall = false;
    }
  }

  read(into: Uint8Array): number {
    return this.#call(() => this.conn.read(into));
  }

  write(bytes: Uint8Array): number {
    return this.#call(() => this.conn.write(bytes));
  }

  closeWrite(): void {
    this.#call(() => this.conn.closeWrite());
  }

  close(): void {
    this.#closed = true;
    this.#call(() => this.conn.close());
  }

  reset(): void {
    this.#closed = true;
    this.#call(() => this.conn.reset());
  }

  /** Resolves with the next `readable` or `failed`. */
  nextReadable(): Promise<void> {
    return this.#readable.promise;
  }

  /** Resolves with the next `writable` or `failed`. */
  nextWritable(): Promise<void> {
    return this.#writable.promise;
  }

  /** Waits until `read` has something: a count, `END` or `FAILED`. */
  async readSome(into: Uint8Array): Promise<number> {
    for (;;) {
      const readable = this.nextReadable();
      const count = this.read(into);
      if (count !== 0) return count;
      await readable;
    }
  }

  /** Reads up to `length` bytes; fewer if the end comes first. */
  async readBytes(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const count = await this.readSome(bytes.subarray(at));
      if (count === END) return bytes.slice(0, at);
      if (count === FAILED) throw this.conn.error;
      at += count;
    }
    return bytes;
  }

  /** Reads up to the end. */
  async readAll(): Promise<Uint8Array<ArrayBuffer>> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const count = await this.readSome(buffer);
      if (count === FAILED) throw this.conn.error;
      if (count === END) {
        return new Uint8Array(await new Blob(parts).arrayBuffer());
      }
      parts.push(buffer.slice(0, count));
    }
  }

  /** Reads up to the end, as text. */
  async readText(): Promise<string> {
    return new TextDecoder().decode(await this.readAll());
  }

  /** Writes all; throws why not. */
  async writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const writable = this.nextWritable();
      const count = this.write(bytes.subarray(at));
      if (count === FAILED) throw this.conn.error;
      at += count;
      if (at < bytes.length) await writable;
    }
  }

  /** Writes a text. */
  writeText(text: string): Promise<void> {
    return this.writeAll(new TextEncoder().encode(text));
  }
}
