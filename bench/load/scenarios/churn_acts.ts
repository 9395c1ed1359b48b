import {
  close,
  handshakeFor,
  reach,
  readExactly,
  readToEnd,
  writeAll,
} from "../apps.ts";

/** What the first byte of a conn tells the target of these loads to do. */
const DO = { send: 1, take: 2, echo: 3, sendAndAbort: 4 } as const;
const PIECE_BYTES = 65_536;
const ABORT_AFTER_BYTES = 1_000_000;
const ECHO_BYTES = 10_000;
/** Nobody listens there (IANA: tcpmux). */
const REFUSING_PORT = 1;

/** What an app does to its conn, which the caller closes. */
type Act = (ports: Ports, own: (conn: Deno.TcpConn) => void) => Promise<void>;

interface Ports {
  socks: number;
  target: number;
}

/** The target of these loads. */
export async function serveChurn(conn: Deno.TcpConn): Promise<void> {
  const [what] = await readExactly(conn, 1);
  const piece = new Uint8Array(PIECE_BYTES);
  if (what === DO.take) return void await readToEnd(conn);
  if (what === DO.echo) {
    const bytes = await readExactly(conn, ECHO_BYTES);
    await writeAll(conn, bytes);
    return;
  }
  const total = what === DO.send ? Infinity : Math.random() * ABORT_AFTER_BYTES;
  for (let sent = 0; sent < total; sent += piece.length) {
    await writeAll(conn, piece);
  }
}

async function dial({ socks }: Ports): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port: socks });
}

async function order(
  { socks, target }: Ports,
  what: number,
  own: (conn: Deno.TcpConn) => void,
): Promise<Deno.TcpConn> {
  const conn = await reach(socks, target);
  own(conn);
  await writeAll(conn, new Uint8Array([what]));
  return conn;
}

/** Ways to use a conn, most of which end it where nobody expects it. */
export const ACTS: Readonly<Record<string, Act>> = {
  "nothing is sent": async (ports, own) => own(await dial(ports)),
  "cut handshake": async (ports, own) => {
    const conn = await dial(ports);
    own(conn);
    const all = handshakeFor(ports.target);
    const some = Math.floor(Math.random() * all.length);
    await writeAll(conn, all.subarray(0, some));
  },
  "gone after the request": async (ports, own) => {
    const conn = await dial(ports);
    own(conn);
    await writeAll(conn, handshakeFor(ports.target));
  },
  "refused": async ({ socks }, own) => {
    const conn = await reach(socks, REFUSING_PORT);
    own(conn);
    await readToEnd(conn);
  },
  "gone before the answer": async (ports, own) =>
    void await order(ports, DO.send, own),
  "gone in the download": async (ports, own) => {
    const conn = await order(ports, DO.send, own);
    await readExactly(conn, Math.ceil(Math.random() * ABORT_AFTER_BYTES));
  },
  "gone in the upload": async (ports, own) => {
    const conn = await order(ports, DO.take, own);
    const bytes = Math.ceil(Math.random() * ABORT_AFTER_BYTES);
    await writeAll(conn, new Uint8Array(bytes));
  },
  "half-closed upload": async (ports, own) => {
    const conn = await order(ports, DO.take, own);
    await writeAll(conn, new Uint8Array(PIECE_BYTES));
    await conn.closeWrite();
    await readToEnd(conn);
  },
  "target gone in the download": async (ports, own) =>
    void await readToEnd(await order(ports, DO.sendAndAbort, own)),
  "whole": async (ports) => await wholeRequest(ports),
};

/** A request whose answer is compared. */
export async function wholeRequest({ socks, target }: Ports): Promise<void> {
  const conn = await reach(socks, target);
  try {
    const question = crypto.getRandomValues(new Uint8Array(ECHO_BYTES));
    await writeAll(conn, new Uint8Array([DO.echo, ...question]));
    const answer = await readExactly(conn, ECHO_BYTES);
    if (question.some((byte, index) => byte !== answer[index])) {
      throw new TypeError("the answer differs");
    }
  } finally {
    close(conn);
  }
}
