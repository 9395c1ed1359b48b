import { assertEquals, assertRejects } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { directDialer } from "../../lib/dial/direct_dialer.ts";
import type { Backend } from "../../lib/net/backend.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import {
  acceptTunnel,
  type Credentials,
  isUpgrade,
} from "../../lib/transport/accept_tunnel.ts";
import {
  type DialedTunnel,
  dialTunnel,
  type DialTunnelOptions,
} from "../../lib/transport/dial_tunnel.ts";
import type { Transport } from "../../lib/session/transport.ts";
import { hashToken } from "../../lib/wire/token.ts";
import {
  type Certificates,
  makeCertificates,
  NO_OPENSSL,
} from "../e2e/_certificates.ts";
import { ConnectProxy } from "../dial/_proxies.ts";
import { type Case, testCases } from "../net/_backends.ts";

const IDENTITY = {
  token: "a secret",
  reverse: false,
  instance: "00000000-0000-4000-8000-000000000000",
};
const HASH = await hashToken(IDENTITY.token);

/** Redirects some paths and takes tunnels at all others. */
class Redirector implements AsyncDisposable {
  readonly port: number;
  /** All requests: path and query, and whether it was an upgrade. */
  readonly asked: [url: string, upgrade: boolean][] = [];
  /** Who logged in. */
  readonly judged: Pick<Credentials, "token" | "reverse">[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #transports: Transport[] = [];

  /** `routes` gives an answer for a path; the port is put in for PORT. */
  constructor(
    routes: Record<string, [status: number, location?: string]>,
    tls: Partial<Certificates> = {},
  ) {
    const { cert, key } = tls;
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      ...(cert && key ? { cert, key } : {}),
    }, (request) => {
      const { pathname, search } = new URL(request.url);
      this.asked.push([pathname + search, isUpgrade(request)]);
      const [status, location] = routes[pathname] ?? [];
      if (status === undefined) return this.#accept(request);
      const headers = new Headers();
      if (location !== undefined) {
        headers.set("location", location.replace("PORT", String(this.port)));
      }
      const body = status === 304 ? null : "a body that nobody wants";
      return new Response(body, { status, headers });
    });
    this.port = this.#server.addr.port;
  }

  #accept(request: Request): Response {
    if (!isUpgrade(request)) return new Response(null, { status: 400 });
    return acceptTunnel(request, {
      judge: ({ token, reverse }) => {
        this.judged.push({ token, reverse });
        return { admitted: true, as: undefined };
      },
      admitted: (transport) => void this.#transports.push(transport),
      rejected() {},
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const transport of this.#transports) transport.close();
    await this.#server.shutdown();
  }
}

function dial(
  backend: Backend,
  url: string,
  options: Partial<DialTunnelOptions> = {},
): Promise<DialedTunnel> {
  return dialTunnel({
    url: new URL(url),
    identity: IDENTITY,
    backend,
    dialer: directDialer(backend, new Resolver()),
    signal: new AbortController().signal,
    ...options,
  });
}

async function closed({ transport }: DialedTunnel): Promise<void> {
  await new Promise<void>((resolve) => {
    transport.handler = { message() {}, closed: () => resolve() };
    transport.close();
  });
}

const LOCAL = "ws://127.0.0.1";
const CASES: Case[] = [
  {
    name: "[21] dialTunnel() follows five redirects of all kinds",
    async run(backend) {
      await using server = new Redirector({
        "/a/": [301, "/b/x"],
        "/b/x": [302, "y?z"],
        "/b/y": [303, "//127.0.0.1:PORT/c"],
        "/c": [307, "http://127.0.0.1:PORT/d"],
        "/d": [308, "ws://127.0.0.1:PORT/socket?own=1#part"],
      });
      const tunnel = await dial(backend, `${LOCAL}:${server.port}/a/`);
      assertEquals(server.judged, [{ token: { hash: HASH }, reverse: false }]);
      assertEquals(
        server.asked.filter(([, upgrade]) => upgrade).map(([url]) => url),
        [
          "/a/",
          "/b/x",
          "/b/y?z",
          "/c",
          "/d",
          `/socket?instance=${IDENTITY.instance}&own=1&reverse=false&token=${HASH}`,
        ],
      );
      await closed(tunnel);
    },
  },
  {
    name:
      "dialTunnel() logs in with a message where a redirect leads off /socket",
    async run(backend) {
      await using server = new Redirector({ "/socket": [302, "/socket/"] });
      const tunnel = await dial(backend, `${LOCAL}:${server.port}/socket`);
      const { token } = IDENTITY;
      assertEquals(server.judged, [{
        token: { plain: token },
        reverse: false,
      }]);
      await closed(tunnel);
    },
  },
  {
    name: "[21] dialTunnel() gives up at the sixth redirect",
    async run(backend) {
      await using server = new Redirector({ "/loop": [302, "/loop"] });
      await assertRejects(
        () => dial(backend, `${LOCAL}:${server.port}/loop`),
        TunnelError,
        "too often",
      );
      assertEquals(server.asked.length, 11);
    },
  },
  {
    name: "dialTunnel() shows another host nothing unless it is told to",
    async run(backend) {
      await using other = new Redirector({});
      const location = `http://127.0.0.1:${other.port}/socket`;
      const withToken = `${location}?token=${HASH}`;
      await using server = new Redirector({
        "/socket": [302, location],
        "/kept": [302, withToken],
      });
      for (const path of ["/socket", "/kept"]) {
        const url = `${LOCAL}:${server.port}${path}`;
        const error = await assertRejects(
          () => dial(backend, url),
          TunnelError,
        );
        assertEquals(error.code, "denied");
        assertEquals(other.asked, []);
      }
      for (const path of ["/socket", "/kept"]) {
        const url = `${LOCAL}:${server.port}${path}`;
        await closed(await dial(backend, url, { followHosts: true }));
      }
      assertEquals(other.judged.map(({ token }) => token), [
        { hash: HASH },
        { hash: HASH },
      ]);
    },
  },
  {
    name: "dialTunnel() takes the token of a redirect to another host",
    async run(backend) {
      const own = await hashToken("another token");
      await using other = new Redirector({});
      await using server = new Redirector({
        "/socket": [302, `ws://127.0.0.1:${other.port}/x?token=${own}`],
      });
      await closed(await dial(backend, `${LOCAL}:${server.port}/socket`));
      assertEquals(other.asked, [[`/x?token=${own}`, true]]);
      assertEquals(other.judged, [{
        token: { hash: own },
        reverse: undefined,
      }]);
    },
  },
  {
    name: "dialTunnel() asks nothing more of a server that does not redirect",
    async run(backend) {
      await using server = new Redirector({ "/x": [404], "/y": [304, "/z"] });
      for (const path of ["/x", "/y"]) {
        await assertRejects(
          () => dial(backend, `${LOCAL}:${server.port}${path}`),
          TunnelError,
        );
      }
      assertEquals(server.asked, [["/x", true], ["/y", true]]);
    },
  },
  {
    name: "dialTunnel() fails at a redirect that leads nowhere",
    async run(backend) {
      await using server = new Redirector({
        "/none": [302],
        "/ftp": [302, "ftp://127.0.0.1/"],
        "/bad": [302, "http://:x"],
      });
      for (const path of ["/none", "/ftp", "/bad"]) {
        await assertRejects(
          () => dial(backend, `${LOCAL}:${server.port}${path}`),
          TunnelError,
          "the server redirects to a URL that is not ws:// or wss://",
        );
      }
    },
  },
  {
    name:
      "[21] dialTunnel() follows from ws to wss and within wss, and not back",
    ignore: NO_OPENSSL,
    async run(backend) {
      const certificates = await makeCertificates();
      const caCerts = [certificates.ca];
      await using plain = new Redirector({});
      await using secure = new Redirector({
        "/again": [307, "https://127.0.0.1:PORT/socket"],
        "/gone": [404],
        "/back": [302, `http://127.0.0.1:${plain.port}/socket`],
      }, certificates);
      await using server = new Redirector({
        "/socket": [301, `https://127.0.0.1:${secure.port}/again`],
      });
      const url = `${LOCAL}:${server.port}/socket`;
      await closed(await dial(backend, url, { caCerts }));
      assertEquals(secure.judged.length, 1);
      const error = await assertRejects(
        () => dial(backend, `wss://127.0.0.1:${secure.port}/back`, { caCerts }),
        TunnelError,
        "followHosts",
      );
      assertEquals(error.code, "denied");
      assertEquals(plain.asked, []);
      // A certificate that nobody vouches for hides where it leads.
      await assertRejects(
        () => dial(backend, `wss://127.0.0.1:${secure.port}/back`),
        TunnelError,
        "the server's certificate is not accepted: no trusted authority",
      );
      await assertRejects(
        () => dial(backend, `wss://127.0.0.1:${secure.port}/gone`, { caCerts }),
        TunnelError,
        "no tunnel server at this address",
      );
    },
  },
  {
    name: "dialTunnel() goes through a proxy to each server on the way",
    ignore: NO_OPENSSL,
    async run(backend) {
      const certificates = await makeCertificates();
      await using proxy = new ConnectProxy();
      await using secure = new Redirector({}, certificates);
      await using server = new Redirector({
        "/socket": [301, `https://127.0.0.1:${secure.port}/socket`],
      });
      const asked: [port: number, secure: boolean][] = [];
      const tunnel = await dial(backend, `${LOCAL}:${server.port}/socket`, {
        caCerts: [certificates.ca],
        proxyFor(server, secure) {
          asked.push([server.port, secure]);
          return { scheme: "http", host: "127.0.0.1", port: proxy.port };
        },
      });
      assertEquals(asked, [
        [server.port, false],
        [server.port, false],
        [secure.port, true],
      ]);
      const hosts = proxy.heads.map((head) => head.split(" ")[1]);
      assertEquals(hosts, asked.map(([port]) => `127.0.0.1:${port}`));
      assertEquals(secure.judged, [{ token: { hash: HASH }, reverse: false }]);
      await closed(tunnel);
    },
  },
];

testCases(CASES);
