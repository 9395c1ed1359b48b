import { assertEquals } from "@std/assert";
import {
  accept,
  closeFd,
  ffiSupport,
  listenTcp,
  localAddress,
  send,
} from "../../ffi/mod.ts";
import { SILENT } from "../../lib/base/logger.ts";
import { END, FAILED } from "../../lib/net/conn.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { within } from "../ffi/within.ts";

const SUPPORTED = ffiSupport().supported;

Deno.test("EpollBackend.dial() gives the end that came with the connection", {
  ignore: !SUPPORTED,
}, async () => {
  const backend = new EpollBackend(SILENT);
  const fd = listenTcp({ host: "127.0.0.1", port: 0 }, { reusePort: false });
  try {
    const dialing = backend.dial(localAddress(fd)!);
    // Before the loop looks: it sees all of this in one event.
    const accepted = accept(fd);
    send(accepted, new TextEncoder().encode("bye"));
    closeFd(accepted);
    const { conn } = await within(dialing);
    const ended = Promise.withResolvers<number>();
    const into = new Uint8Array(1024);
    let got = 0;
    const read = (): void => {
      for (;;) {
        const count = conn.read(into);
        if (count > 0) got += count;
        else if (count === END || count === FAILED) return ended.resolve(count);
        else return;
      }
    };
    conn.handler = { readable: read, writable() {}, failed() {} };
    read();
    assertEquals(await within(ended.promise), END);
    assertEquals(got, 3);
    conn.close();
  } finally {
    closeFd(fd);
  }
  await within(backend.idle());
});
