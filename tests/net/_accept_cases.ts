import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  packSockaddr,
  resetFd,
  startConnect,
  tcpSocket,
} from "../../ffi/mod.ts";
import { TunnelError } from "../../lib/base/errors.ts";
import { END, FAILED } from "../../lib/net/conn.ts";
import { turns } from "../ffi/turns.ts";
import { Acceptor, connPair, listen } from "./_acceptor.ts";
import type { Case } from "./_backends.ts";
import { EventConn } from "./_event_conn.ts";

const MANY = 200;

/** What a listener does. */
export const ACCEPT_CASES: readonly Case[] = [
  {
    name: "Backend.listen() takes many conns at once",
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const dialed = await Promise.all(
        Array.from({ length: MANY }, () => backend.dial(listener.addr)),
      );
      const near = dialed.map(({ conn }) => new EventConn(conn));
      const far: EventConn[] = [];
      for (let i = 0; i < MANY; i++) far.push(await acceptor.next());
      listener.close();
      const serving = far.map(async (conn) => {
        const text = await conn.readText();
        await conn.writeText(`${text} to you`);
        conn.close();
      });
      const answers = near.map(async (conn, i) => {
        await conn.writeText(`hello ${i}`);
        conn.closeWrite();
        const text = await conn.readText();
        conn.close();
        return text;
      });
      assertEquals(
        await Promise.all(answers),
        near.map((_, i) => `hello ${i} to you`),
      );
      await Promise.all(serving);
      assertEquals(acceptor.failures, []);
    },
  },
  {
    name: "Backend.listen() goes on after a peer that resets before the accept",
    linuxOnly: true,
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const packed = packSockaddr(listener.addr);
      for (let i = 0; i < 5; i++) {
        const fd = tcpSocket(listener.addr.host);
        startConnect(fd, packed);
        resetFd(fd);
      }
      const { conn } = await backend.dial(listener.addr);
      const near = new EventConn(conn);
      await near.writeText("still here?");
      near.closeWrite();
      // Those that were reset may be accepted too, and are broken at once.
      let text = "";
      while (text === "") {
        const far = await acceptor.next();
        text = await far.readText().catch(() => "");
        if (text !== "") await far.writeText("yes");
        far.close();
      }
      assertEquals(text, "still here?");
      assertEquals(await near.readText(), "yes");
      near.close();
      listener.close();
      assertEquals(acceptor.failures, []);
    },
  },
  {
    name: "Backend.listen() throws unavailable when the port is taken",
    run(backend) {
      const { listener } = listen(backend);
      const error = assertThrows(
        () => backend.listen(listener.addr, new Acceptor()),
        TunnelError,
        "address already in use",
      );
      listener.close();
      assertEquals(error.code, "unavailable");
      return Promise.resolve();
    },
  },
  {
    name: "Backend.listen() shares a port or says that it cannot",
    run(backend) {
      const options = { host: "127.0.0.1", reusePort: true };
      if (backend.name === "deno") {
        const error = assertThrows(
          () => backend.listen({ ...options, port: 0 }, new Acceptor()),
          TunnelError,
        );
        assertEquals(error.code, "unsupported");
        return Promise.resolve();
      }
      const one = backend.listen({ ...options, port: 0 }, new Acceptor());
      const { port } = one.addr;
      const two = backend.listen({ ...options, port }, new Acceptor());
      assertEquals(two.addr, one.addr);
      one.close();
      two.close();
      return Promise.resolve();
    },
  },
  {
    name: "Listener.close() ends the accepting and leaves conns alone",
    async run(backend) {
      const [near, far] = await connPair(backend);
      await near.writeText("after the listener");
      near.close();
      assertEquals(await far.readText(), "after the listener");
      far.close();
    },
  },
  {
    name: "Listener.close() may come twice and from within accepted()",
    async run(backend) {
      const heard = Promise.withResolvers<EventConn>();
      const listener = backend.listen({ host: "127.0.0.1", port: 0 }, {
        accepted(conn) {
          listener.close();
          heard.resolve(new EventConn(conn));
        },
        acceptFailed: (error) => heard.reject(error),
      });
      const { conn } = await backend.dial(listener.addr);
      const far = await heard.promise;
      listener.close();
      conn.close();
      assertEquals(await far.readSome(new Uint8Array(1)), END);
      far.close();
    },
  },
  {
    // A conn that comes after the close has no owner any more.
    name: "Listener.close() lets nothing be accepted afterwards",
    linuxOnly: true,
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const packed = packSockaddr(listener.addr);
      const fds: number[] = [];
      for (let round = 0; round < 4; round++) {
        const fd = tcpSocket(listener.addr.host);
        startConnect(fd, packed);
        fds.push(fd);
      }
      await acceptor.next().then((conn) => conn.close());
      const { count } = acceptor;
      listener.close();
      await turns(20);
      const late = acceptor.count - count;
      for (let i = 1; i < acceptor.count; i++) {
        await acceptor.next().then((conn) => conn.close());
      }
      fds.forEach(resetFd);
      assertEquals(late, 0);
    },
  },
  {
    name: "Backend.listenUnix() accepts at a path",
    ignore: Deno.build.os === "windows",
    async run(backend) {
      const folder = Deno.makeTempDirSync();
      const path = `${folder}/socket`;
      const acceptor = new Acceptor();
      const listener = backend.listenUnix(path, acceptor);
      const client = await Deno.connect({ transport: "unix", path });
      const served = await acceptor.next();
      await client.write(new TextEncoder().encode("over a path"));
      await client.closeWrite();
      assertEquals(await served.readText(), "over a path");
      await served.writeText("and back");
      served.close();
      const text = await new Response(client.readable).text();
      assertEquals(text, "and back");
      assertEquals(served.conn.remote, { host: "", port: 0 });
      listener.close();
      Deno.removeSync(folder, { recursive: true });
    },
  },
  {
    name: "Backend.listenUnix() throws unavailable when the path is taken",
    ignore: Deno.build.os === "windows",
    run(backend) {
      const folder = Deno.makeTempDirSync();
      const path = `${folder}/socket`;
      const listener = backend.listenUnix(path, new Acceptor());
      const error = assertThrows(
        () => backend.listenUnix(path, new Acceptor()),
        TunnelError,
      );
      listener.close();
      Deno.removeSync(folder, { recursive: true });
      assertEquals(error.code, "unavailable");
      return Promise.resolve();
    },
  },
  {
    name: "Conn.read() of an accepted conn tells that the peer has reset",
    linuxOnly: true,
    async run(backend) {
      const { listener, acceptor } = listen(backend);
      const fd = tcpSocket(listener.addr.host);
      startConnect(fd, packSockaddr(listener.addr));
      const far = await acceptor.next();
      const reading = far.readSome(new Uint8Array(8));
      resetFd(fd);
      assertEquals(await reading, FAILED);
      assert(far.conn.error?.code === "reset");
      far.close();
      listener.close();
    },
  },
];
