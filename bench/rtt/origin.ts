/*
 * The target of the bench: answers one request for each conn, and takes data in
 * the SYN.
 *
 *   deno run -A origin.ts HOST PORT
 */
import { type Conn, END, FAILED } from "../../lib/net/conn.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { SILENT } from "../../lib/base/logger.ts";

const RESPONSE = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
);
const REQUEST_END = "\r\n\r\n";
const MAX_REQUEST = 4096;

/** Answers as soon as the head of the request is there. */
function serve(conn: Conn): void {
  const buffer = new Uint8Array(MAX_REQUEST);
  let length = 0;
  function readable(): void {
    for (;;) {
      const count = conn.read(buffer.subarray(length));
      if (count === 0) return;
      if (count === END || count === FAILED) return conn.close();
      length += count;
      const text = new TextDecoder().decode(buffer.subarray(0, length));
      if (text.endsWith(REQUEST_END)) {
        conn.write(RESPONSE);
        return conn.close();
      }
      if (length === MAX_REQUEST) return conn.reset();
    }
  }
  conn.handler = { readable, writable() {}, failed: () => conn.close() };
  readable();
}

const [host = "127.0.0.1", port = "0"] = Deno.args;
new EpollBackend(SILENT).listen(
  { host, port: Number(port), fastOpen: true },
  {
    accepted: serve,
    acceptFailed: (error) => {
      throw error;
    },
  },
);
Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
