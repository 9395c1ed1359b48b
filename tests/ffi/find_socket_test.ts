import { assert, assertEquals } from "@std/assert";
import {
  ffiSupport,
  findConnection,
  findListeners,
  getOption,
  IPPROTO_TCP,
  localAddress,
  remoteAddress,
  setOption,
  TCP_NODELAY,
} from "../../ffi/mod.ts";
import {
  HAS_SCRIPT,
  pathBeside,
  runDeno,
  runDenoAtTerminal,
} from "./run_deno.ts";

const LINUX = Deno.build.os === "linux";

// The C library stays open once it was opened: that must not be inside a test.
if (LINUX) ffiSupport();

function socketAddressOf(addr: Deno.Addr): { host: string; port: number } {
  const { hostname, port } = addr as Deno.NetAddr;
  return { host: hostname, port };
}

function dial({ hostname, port }: Deno.NetAddr): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname, port });
}

function hasNoDelay(fd: number): boolean {
  return getOption(fd, IPPROTO_TCP, TCP_NODELAY) !== 0;
}

for (const hostname of ["127.0.0.1", "::1", "0.0.0.0", "::"]) {
  Deno.test({
    name: `findListeners() finds Deno.listen at ${hostname}`,
    ignore: !LINUX,
    fn() {
      using listener = Deno.listen({ hostname, port: 0 });
      const address = socketAddressOf(listener.addr);
      const fds = findListeners(address);
      assertEquals(fds.length, 1);
      assertEquals(localAddress(fds[0]!), address);
    },
  });
}

Deno.test({
  name: "findListeners() finds nothing at an address that nobody listens at",
  ignore: !LINUX,
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { addr } = listener;
    using _client = await dial(addr);
    using served = await listener.accept();
    listener.close();
    // The accepted conn has the listener's address, and does not listen.
    assertEquals(served.localAddr, addr);
    assertEquals(findListeners(socketAddressOf(addr)), []);
    assertEquals(findListeners({ host: "127.0.0.1", port: 0 }), []);
  },
});

Deno.test({
  name: "findListeners() and findConnection() find the sockets of Deno.serve",
  ignore: !LINUX,
  async fn() {
    const found: (number | undefined)[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (_request, { remoteAddr }) => {
        const fd = findConnection(
          socketAddressOf(remoteAddr),
          server.addr.port,
        );
        found.push(fd);
        assert(fd !== undefined);
        assertEquals(remoteAddress(fd), socketAddressOf(remoteAddr));
        assertEquals(hasNoDelay(fd), true);
        return new Response("found");
      },
    );
    const address = socketAddressOf(server.addr);
    const listeners = findListeners(address);
    assertEquals(listeners.length, 1);
    setOption(listeners[0]!, IPPROTO_TCP, TCP_NODELAY, 1);
    using client = Deno.createHttpClient({});
    const response = await fetch(`http://127.0.0.1:${address.port}/`, {
      client,
    });
    assertEquals(await response.text(), "found");
    assertEquals(found.length, 1);
  },
});

Deno.test({
  name: "findConnection() finds the accepted end, not the dialing one",
  ignore: !LINUX,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    using client = await dial(listener.addr);
    using served = await listener.accept();
    const remote = socketAddressOf(served.remoteAddr);
    const fd = findConnection(remote, listener.addr.port)!;
    assertEquals(localAddress(fd), socketAddressOf(served.localAddr));
    assertEquals(remoteAddress(fd), socketAddressOf(client.localAddr));
    // Seen from the other end it is another socket.
    const other = findConnection(
      socketAddressOf(listener.addr),
      client.localAddr.port,
    )!;
    assert(other !== fd);
    assertEquals(localAddress(other), remote);
    assertEquals(findConnection(remote, 1), undefined);
  },
});

// Deno shows such a peer as ::ffff:127.0.0.1, the kernel's bytes as 127.0.0.1.
Deno.test({
  name: "findConnection() finds an IPv4 peer of a dual-stack listener",
  ignore: !LINUX,
  async fn() {
    using listener = Deno.listen({ hostname: "::", port: 0 });
    const { port } = listener.addr;
    using _client = await Deno.connect({ hostname: "127.0.0.1", port });
    using served = await listener.accept();
    const remote = socketAddressOf(served.remoteAddr);
    assertEquals(remote.host, "::ffff:127.0.0.1");
    const fd = findConnection(remote, port);
    assert(fd !== undefined);
    assertEquals(remoteAddress(fd), { ...remote, host: "127.0.0.1" });
  },
});

Deno.test({
  name: "findListeners() lets an accepted conn inherit TCP_NODELAY",
  ignore: !LINUX,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    for (const expected of [false, true]) {
      if (expected) {
        const [fd] = findListeners(socketAddressOf(listener.addr));
        setOption(fd!, IPPROTO_TCP, TCP_NODELAY, 1);
      }
      using _client = await dial(listener.addr);
      using served = await listener.accept();
      const { port } = listener.addr;
      const fd = findConnection(socketAddressOf(served.remoteAddr), port)!;
      assertEquals(hasNoDelay(fd), expected);
    }
  },
});

// To read /proc takes --allow-all, not --allow-read: a server that was given less
// used to end here.
Deno.test({
  name: "findListeners() finds nothing without permission",
  ignore: !LINUX,
  async fn() {
    const main = pathBeside(import.meta.url, "./_find_socket_main.ts");
    for (const more of [[], ["--allow-read"]]) {
      const { code, stdout, stderr } = await runDeno(
        ["--allow-ffi", "--allow-net", ...more, main],
      );
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertEquals(JSON.parse(stdout), { listeners: [] });
    }
  },
});

Deno.test({
  name: "findListeners() asks nobody for a permission",
  ignore: !LINUX || !HAS_SCRIPT,
  async fn() {
    const main = pathBeside(import.meta.url, "./_find_socket_main.ts");
    const { stdout } = await runDenoAtTerminal(
      ["--allow-ffi", "--allow-net", "--allow-read=/tmp", main],
    );
    assertEquals(JSON.parse(stdout), { listeners: [] });
  },
});
