import { directDialer } from "../../lib/dial/direct_dialer.ts";
import { parseProxyUrl } from "../../lib/dial/proxy_url.ts";
import { UpstreamProxyDialer } from "../../lib/dial/upstream_proxy.ts";
import type { Backend } from "../../lib/net/backend.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import { close, readExactly, Target, writeAll } from "../e2e/_app.ts";

const ENCODER = new TextEncoder();

/** Bytes of a text, or of numbers. */
export function bytesOf(
  ...pieces: (string | number[])[]
): Uint8Array<ArrayBuffer> {
  return new Uint8Array(
    pieces.flatMap((one) =>
      typeof one === "string" ? [...ENCODER.encode(one)] : one
    ),
  );
}

/** A dialer that goes through the proxy at `url`. */
export function through(backend: Backend, url: string): UpstreamProxyDialer {
  const direct = directDialer(backend, new Resolver(), {
    fastOpen: true,
  });
  return new UpstreamProxyDialer(direct, parseProxyUrl(url, "--x"));
}

/** A step of a proxy that follows a script. */
export type Step =
  /** Reads as many bytes as these are, and they must be these. */
  | { takes: Uint8Array }
  /** Sends them all at once, or one after the other. */
  | { gives: Uint8Array; singly?: boolean };

/** Does what the script says and then sends back what comes. */
export async function follow(
  conn: Deno.TcpConn,
  script: readonly Step[],
): Promise<void> {
  conn.setNoDelay(true);
  for (const step of script) {
    if ("takes" in step) {
      const got = await readExactly(conn, step.takes.length);
      if (got.join() !== step.takes.join()) {
        await writeAll(conn, bytesOf(`unexpected: ${got}`));
        return;
      }
    } else if (step.singly) {
      for (const byte of step.gives) await conn.write(bytesOf([byte]));
    } else {
      await writeAll(conn, step.gives);
    }
  }
  await conn.readable.pipeTo(conn.writable);
}

/** A real HTTP proxy, for which every name is 127.0.0.1. */
export class ConnectProxy implements AsyncDisposable {
  /** The heads of all requests. */
  readonly heads: string[] = [];
  readonly #target: Target;

  constructor() {
    this.#target = new Target(async (conn) => {
      let head = "";
      while (!head.endsWith("\r\n\r\n")) {
        head += new TextDecoder().decode(await readExactly(conn, 1));
      }
      this.heads.push(head);
      const [, six, port] = /^CONNECT (\[::1\])?\S*:(\d+) /.exec(head) ?? [];
      const hostname = six ? "::1" : "127.0.0.1";
      const far = await Deno.connect({ hostname, port: Number(port) });
      await writeAll(conn, bytesOf("HTTP/1.1 200 OK\r\n\r\n"));
      await Promise.all([
        conn.readable.pipeTo(far.writable).catch(() => {}),
        far.readable.pipeTo(conn.writable).catch(() => {}),
      ]);
      close(far);
    });
  }

  /** Where it listens at 127.0.0.1. */
  get port(): number {
    return this.#target.port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#target[Symbol.asyncDispose]();
  }
}
