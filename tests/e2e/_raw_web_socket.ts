import { within } from "../ffi/within.ts";
import { join, readExactly, writeAll } from "./_app.ts";

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** What the first byte of a frame may say (RFC 6455, section 5.2). */
export const FRAME = {
  more: 0x00,
  end: 0x80,
  binary: 0x02,
  close: 0x88,
  ping: 0x89,
  pong: 0x8a,
} as const;

/** A client whose frames the test makes itself. */
export class RawWebSocket implements Disposable {
  readonly #conn: Deno.TcpConn;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Upgrades at a path of a server on this machine; throws without a 101. */
  static async open(port: number, path: string): Promise<RawWebSocket> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const lines = [
      `GET ${path} HTTP/1.1`,
      "Host: x",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    await writeAll(conn, ENCODER.encode(`${lines.join("\r\n")}\r\n\r\n`));
    let head = "";
    while (!head.endsWith("\r\n\r\n")) {
      head += DECODER.decode(await within(readExactly(conn, 1)));
    }
    if (!head.startsWith("HTTP/1.1 101")) {
      conn.close();
      throw new Error(head);
    }
    return new RawWebSocket(conn);
  }

  /** Sends one masked frame; `saidLength` may lie about the payload. */
  async frame(
    first: number,
    payload: Uint8Array,
    saidLength: number = payload.length,
  ): Promise<void> {
    const head = new Uint8Array(14);
    const view = new DataView(head.buffer);
    head[0] = first;
    head[1] = 0x80 | 127;
    view.setBigUint64(2, BigInt(saidLength));
    let used = 10;
    if (first >= FRAME.close) {
      // The payload of a control frame has a short length.
      head[1] = 0x80 | payload.length;
      used = 2;
    }
    // The mask is zero: it changes nothing.
    await writeAll(this.#conn, join(head.subarray(0, used + 4), payload));
  }

  /** The next frame, or `undefined` at the end of the connection. */
  async next(): Promise<{ first: number; payload: Uint8Array } | undefined> {
    try {
      const [first, short] = await within(readExactly(this.#conn, 2));
      let length = short!;
      if (short! >= 126) {
        const bytes = await readExactly(this.#conn, short === 126 ? 2 : 8);
        length = Number(`0x${bytes.toHex()}`);
      }
      const payload = await within(readExactly(this.#conn, length));
      return { first: first!, payload };
    } catch (error) {
      if (String(error).includes("the end after")) return undefined;
      if (error instanceof Deno.errors.ConnectionReset) return undefined;
      throw error;
    }
  }

  /** The payload of the next binary frame; what else comes is left out. */
  async nextMessage(): Promise<Uint8Array | undefined> {
    for (;;) {
      const frame = await this.next();
      if (!frame || frame.first === FRAME.close) return undefined;
      if (frame.first === (FRAME.end | FRAME.binary)) return frame.payload;
    }
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}
