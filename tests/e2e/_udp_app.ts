import { dialSocks, GREETING, join, readExactly, writeAll } from "./_app.ts";

/** UDP ASSOCIATE, from an address that the app does not know. */
const ASSOCIATE = new Uint8Array([5, 3, 0, 1, 0, 0, 0, 0, 0, 0]);

/** Asks for an association by hand; gives the conn, the reply and its port. */
export async function associate(
  socksPort: number,
): Promise<{ control: Deno.TcpConn; reply: Uint8Array; port: number }> {
  const control = await dialSocks(socksPort);
  await writeAll(control, join(GREETING, ASSOCIATE));
  await readExactly(control, 2);
  const reply = await readExactly(control, 10);
  return { control, reply, port: reply[8]! << 8 | reply[9]! };
}
