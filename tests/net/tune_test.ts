import { assert, assertEquals } from "@std/assert";
import {
  findConnection,
  getOption,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SOL_SOCKET,
  TCP_FASTOPEN,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
  TCP_NODELAY,
  TCP_NOTSENT_LOWAT,
  TCP_USER_TIMEOUT,
} from "../../ffi/mod.ts";
import { findListeners } from "../../ffi/find_socket.ts";
import type { SocketAddress } from "../../lib/net/conn.ts";
import { connPair } from "./_acceptor.ts";
import { testCases, testOnEpoll } from "./_backends.ts";

function tunnelOptions(fd: number): Record<string, number> {
  return {
    noDelay: getOption(fd, IPPROTO_TCP, TCP_NODELAY),
    keepAlive: getOption(fd, SOL_SOCKET, SO_KEEPALIVE),
    idleS: getOption(fd, IPPROTO_TCP, TCP_KEEPIDLE),
    intervalS: getOption(fd, IPPROTO_TCP, TCP_KEEPINTVL),
    count: getOption(fd, IPPROTO_TCP, TCP_KEEPCNT),
    userTimeoutMs: getOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT),
    notSentBytes: getOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT),
  };
}

const TUNED = {
  noDelay: 1,
  keepAlive: 1,
  idleS: 15,
  intervalS: 5,
  count: 3,
  userTimeoutMs: 30_000,
  notSentBytes: 262_144,
};

testCases([{
  name: "RuntimeSockets.tuneTunnel() turns keepalive on, and may come late",
  linuxOnly: true,
  async run(backend) {
    const [near, far] = await connPair(backend);
    const { conn } = near;
    const fd = findConnection(conn.remote, conn.local.port)!;
    assertEquals(getOption(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
    backend.runtime.tuneTunnel(conn);
    assertEquals(getOption(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    if (backend.name === "epoll") assertEquals(tunnelOptions(fd), TUNED);
    near.close();
    far.close();
    backend.runtime.tuneTunnel(conn);
  },
}, {
  name: "RuntimeSockets.inspectServed() is off for a conn that does not exist",
  run(backend) {
    const remote = { host: "127.0.0.1", port: 1 };
    assertEquals(backend.runtime.inspectServed(remote, 2), {
      result: "off",
      rttUs: 0,
    });
    return Promise.resolve();
  },
}]);

testOnEpoll(
  "RuntimeSockets.tuneServeListener() sets what Deno.serve hands on",
  async (backend) => {
    let seen: Record<string, number> | undefined;
    let rttUs = 0;
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (_request, { remoteAddr: { hostname: host, port } }) => {
        const remote: SocketAddress = { host, port };
        seen = tunnelOptions(findConnection(remote, server.addr.port)!);
        const outcome = backend.runtime.inspectServed(remote, server.addr.port);
        assertEquals(outcome.result, "off");
        ({ rttUs } = outcome);
        return new Response("seen");
      },
    );
    const address = { host: "127.0.0.1", port: server.addr.port };
    backend.runtime.tuneServeListener(address, { fastOpen: true });
    const [listener] = findListeners(address);
    assert(getOption(listener!, IPPROTO_TCP, TCP_FASTOPEN) > 0);
    using client = Deno.createHttpClient({});
    const url = `http://127.0.0.1:${address.port}/`;
    assertEquals(await (await fetch(url, { client })).text(), "seen");
    assertEquals(seen, TUNED);
    assert(rttUs > 0);
  },
);
