import { errorText, TunnelError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { SocketAddress } from "../net/conn.ts";
import {
  acceptTunnel,
  type Credentials,
  isUpgrade,
  type Verdict,
} from "../transport/accept_tunnel.ts";
import type { Transport } from "../session/transport.ts";

/** How to listen, and who decides about upgrades. */
export interface TunnelListenerOptions<T> {
  /** Where to listen. */
  hostname: string;
  /** The port; 0 takes a free one. */
  port: number;
  /** Share the port with other programs (`SO_REUSEPORT`). */
  reusePort: boolean;
  logger: Logger;
  /** Answers a request that is no upgrade; `undefined` leaves it to the listener. */
  answer(request: Request): Response | Promise<Response> | undefined;
  /** Decides who is let in. */
  judge(credentials: Credentials): Verdict<T>;
  /** A client was let in. */
  admitted(
    as: T,
    client: {
      transport: Transport;
      v1: boolean;
      remote: SocketAddress;
      instance: string | undefined;
    },
  ): void;
}

const NAME = "synsocks";

/** The HTTP side of a server: takes upgrades, and answers everything else. */
export class TunnelListener<T> {
  /** Where it listens. */
  readonly addr: { hostname: string; port: number };
  readonly #options: TunnelListenerOptions<T>;
  readonly #http: Deno.HttpServer<Deno.NetAddr>;
  #closing = false;

  /** Listens at once. Throws `TunnelError` if the port is not available. */
  constructor(options: TunnelListenerOptions<T>) {
    this.#options = options;
    const { hostname, port, reusePort, logger } = options;
    try {
      this.#http = Deno.serve({
        hostname,
        port,
        reusePort,
        onListen: () => {},
        onError: (error) => {
          logger.error("Unexpected error in a request", {
            error: errorText(error),
          });
          return new Response("Internal Server Error\n", { status: 500 });
        },
      }, (request, info) => this.#handle(request, info.remoteAddr));
    } catch (error) {
      throw new TunnelError(
        "unavailable",
        `Cannot listen on ${hostname}:${port}: ${errorText(error)}`,
        { cause: error },
      );
    }
    const { addr } = this.#http;
    this.addr = { hostname: addr.hostname, port: addr.port };
  }

  /** Accepts no more tunnels; the port stays open and refuses them. */
  stopAccepting(): void {
    this.#closing = true;
  }

  /** Lets the program end although the port is open. */
  unref(): void {
    this.#http.unref();
  }

  /** Undoes `unref`. */
  ref(): void {
    this.#http.ref();
  }

  /** Closes the port, and with it all tunnels. */
  shutdown(): Promise<void> {
    return this.#http.shutdown();
  }

  #handle(
    request: Request,
    remote: Deno.NetAddr,
  ): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    const isTunnel = pathname === "/socket" || pathname.startsWith("/socket/");
    if (!isTunnel) {
      const answer = this.#options.answer(request);
      if (answer) return answer;
    }
    if (pathname === "/") {
      return new Response(`${NAME} is running but API is not enabled.\n`);
    }
    if (!isTunnel) return new Response("404 page not found\n", { status: 404 });
    if (this.#closing) {
      const headers = { "retry-after": "1" };
      return new Response("closing\n", { status: 503, headers });
    }
    if (!isUpgrade(request)) {
      return new Response("Bad Request\n", {
        status: 400,
        headers: { "sec-websocket-version": "13" },
      });
    }
    return this.#upgrade(request, remote);
  }

  #upgrade(request: Request, remote: Deno.NetAddr): Response {
    const { judge, admitted, logger } = this.#options;
    const { hostname: host, port } = remote;
    return acceptTunnel<T>(request, {
      judge,
      admitted: (transport, v1, as, instance) =>
        admitted(as, { transport, v1, remote: { host, port }, instance }),
      rejected: ({ message: reason }) =>
        logger.warn("Rejected a client", { peer: `${host}:${port}`, reason }),
    });
  }
}
