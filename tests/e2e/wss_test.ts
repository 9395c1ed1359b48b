import { assertEquals, assertRejects } from "@std/assert";
import { startClient, startServer, TunnelError } from "../../mod.ts";
import { ffiSupport } from "../../ffi/mod.ts";
import { within } from "../ffi/within.ts";
import { askFor, echo, readExactly, Target, writeAll } from "./_app.ts";
import { makeCertificates, NO_OPENSSL } from "./_certificates.ts";

// Opens libc outside of the tests, which must not leave a library open.
const BACKENDS = ffiSupport().supported
  ? ["epoll", "deno"] as const
  : ["deno"] as const;
const LOCAL = "127.0.0.1";
const HELLO = new TextEncoder().encode("hello");

/** Ends TLS in front of a server, as a reverse proxy would. */
class Terminator implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TlsListener;
  readonly #conns = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;

  constructor(cert: string, key: string, serverPort: number) {
    this.#listener = Deno.listenTls({ hostname: LOCAL, port: 0, cert, key });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#run(serverPort);
  }

  async #run(serverPort: number): Promise<void> {
    const relays: Promise<unknown>[] = [];
    for await (const outer of this.#listener) {
      const inner = await Deno.connect({ hostname: LOCAL, port: serverPort });
      this.#conns.add(outer).add(inner);
      relays.push(
        outer.readable.pipeTo(inner.writable).catch(() => {}),
        inner.readable.pipeTo(outer.writable).catch(() => {}),
      );
    }
    await Promise.all(relays);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) {
      try {
        conn.close();
      } catch {
        // The pipes close what they have finished.
      }
    }
    await this.#accepting;
  }
}

for (const backend of BACKENDS) {
  Deno.test({
    name: `startClient() goes through TLS (${backend})`,
    ignore: NO_OPENSSL,
    async fn() {
      const { ca, cert, key } = await makeCertificates();
      await using target = new Target(echo);
      const server = await startServer({
        token: "t",
        hostname: LOCAL,
        port: 0,
        backend,
        gracePeriodMs: 0,
      });
      await using terminator = new Terminator(cert, key, server.addr.port);
      const url = `wss://${LOCAL}:${terminator.port}`;
      const common = { url, token: "t", socksPort: 0, backend } as const;
      const client = await startClient({
        ...common,
        caCerts: [ca],
        optimistic: true,
        gracePeriodMs: 0,
      });
      try {
        await within(client.ready);
        const { conn, reply } = await within(
          askFor(client.addr!.port, LOCAL, target.port),
        );
        assertEquals(reply, 0);
        await writeAll(conn, HELLO);
        assertEquals(await within(readExactly(conn, HELLO.length)), HELLO);
        conn.close();
      } finally {
        await within(client.close());
      }
      // A certificate that nobody vouches for is refused.
      const stranger = await startClient({ ...common, reconnect: false });
      await assertRejects(
        () => within(stranger.closed),
        TunnelError,
        "the server's certificate is not accepted: no trusted authority",
      );
      // Nor is one that does not speak TLS, and the user is told.
      const plain = await startClient({
        ...common,
        url: `wss://${LOCAL}:${server.addr.port}`,
        reconnect: false,
      });
      await assertRejects(
        () => within(plain.closed),
        TunnelError,
        "does not speak TLS: use ws://",
      );
      await within(server.close());
    },
  });
}
