import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { within } from "../ffi/within.ts";
import { askFor, readExactly, writeAll } from "./_app.ts";

const HELLO = new TextEncoder().encode("hello");

/** Asks for an echo at `port` through a SOCKS port, and compares it. */
export async function assertEchoes(
  socksPort: number,
  port: number,
): Promise<void> {
  const conn = await askForEcho(socksPort, port);
  await assertEchoed(conn);
  conn.close();
}

/** A conn to `port` of this machine through a SOCKS port. */
export async function askForEcho(
  socksPort: number,
  port: number,
): Promise<Deno.TcpConn> {
  const asked = askFor(socksPort, "127.0.0.1", port);
  const { conn, reply } = await within(asked, 12_000);
  assertEquals(reply, 0);
  return conn;
}

/** Sends a word and waits for it to come back. */
export async function assertEchoed(conn: Deno.TcpConn): Promise<void> {
  await writeAll(conn, HELLO);
  assertEquals(await within(readExactly(conn, HELLO.length)), HELLO);
}

/** Lets turns of the loop pass until `holds`. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
