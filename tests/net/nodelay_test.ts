import { assert, assertEquals } from "@std/assert";
import {
  findConnection,
  getOption,
  IPPROTO_TCP,
  TCP_NODELAY,
} from "../../ffi/mod.ts";
import { EpollConn } from "../../lib/net/epoll_conn.ts";
import { connPair, listen } from "./_acceptor.ts";
import { testCases, testOnEpoll } from "./_backends.ts";
import type { EventConn } from "./_event_conn.ts";

function hasNoDelay(fd: number): boolean {
  return getOption(fd, IPPROTO_TCP, TCP_NODELAY) !== 0;
}

function fdOf({ conn }: EventConn): number {
  assert(conn instanceof EpollConn);
  return conn.fd;
}

for (const fastOpen of [false, true]) {
  testOnEpoll(
    `EpollBackend.dial() sets TCP_NODELAY, fast open ${fastOpen}`,
    async (backend) => {
      const { listener, acceptor } = listen(backend);
      const first = new Uint8Array(4);
      const { conn } = await backend.dial(listener.addr, { fastOpen, first });
      assert(conn instanceof EpollConn);
      assertEquals(hasNoDelay(conn.fd), true);
      conn.close();
      assertEquals(conn.fd, -1);
      (await acceptor.next()).close();
      listener.close();
    },
  );
}

testOnEpoll(
  "EpollBackend.listen() gives TCP_NODELAY to what it accepts",
  async (backend) => {
    for (const host of ["127.0.0.1", "0.0.0.0"]) {
      const { listener, acceptor } = listen(backend, host);
      const { port } = listener.addr;
      const { conn } = await backend.dial({ host: "127.0.0.1", port });
      const far = await acceptor.next();
      assertEquals(hasNoDelay(fdOf(far)), true);
      conn.close();
      far.close();
      listener.close();
    }
  },
);

testCases([{
  name: "Backend.dial() and listen() set TCP_NODELAY at both ends",
  linuxOnly: true,
  async run(backend) {
    const [near, far] = await connPair(backend);
    for (const { conn } of [near, far]) {
      const fd = findConnection(conn.remote, conn.local.port);
      assert(fd !== undefined);
      assertEquals(hasNoDelay(fd), true);
    }
    near.close();
    far.close();
  },
}]);
