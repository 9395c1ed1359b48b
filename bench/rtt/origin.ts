/*
 * The target of the bench: answers one request for each conn, and takes data in
 * the SYN.
 *
 *   deno run -A origin.ts HOST PORT
 */
import {
  accept,
  closeFd,
  IPPROTO_TCP,
  listenTcp,
  recv,
  send,
  setOption,
  TCP_FASTOPEN,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import { poll, POLLIN } from "./poll.ts";

const RESPONSE = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
);
const REQUEST_END = "\r\n\r\n";
const MAX_REQUEST = 4096;
const FAST_OPEN_QUEUE = 256;
const FOREVER = -1;

interface Served {
  request: string;
}

/**
 * Answers as soon as the head of the request is there.
 *
 * @returns whether the conn is over
 */
function serve(fd: number, served: Served): boolean {
  const buffer = new Uint8Array(MAX_REQUEST);
  try {
    for (;;) {
      const count = recv(fd, buffer);
      if (count === WOULD_BLOCK) return served.request.length > MAX_REQUEST;
      if (count === 0) return true;
      served.request += new TextDecoder().decode(buffer.subarray(0, count));
      if (served.request.endsWith(REQUEST_END)) {
        send(fd, RESPONSE);
        return true;
      }
    }
  } catch {
    // The peer has reset it.
    return true;
  }
}

const [host = "127.0.0.1", port = "0"] = Deno.args;
const listener = listenTcp({ host, port: Number(port) });
setOption(listener, IPPROTO_TCP, TCP_FASTOPEN, FAST_OPEN_QUEUE);
const conns = new Map<number, Served>();
Deno.stdout.writeSync(new TextEncoder().encode("ready\n"));
for (;;) {
  for (const fd of poll([listener, ...conns.keys()], POLLIN, FOREVER)) {
    const accepted = fd === listener ? accept(listener) : fd;
    if (accepted === WOULD_BLOCK) continue;
    const served = conns.get(accepted) ?? { request: "" };
    conns.set(accepted, served);
    if (!serve(accepted, served)) continue;
    conns.delete(accepted);
    closeFd(accepted);
  }
}
