import { type Logger, SILENT } from "../base/logger.ts";
import { errorCode, errorText, TunnelError } from "../base/errors.ts";
import type { Dialed, Dialer, DialOptions, Target } from "./dialer.ts";
import { Dialogue } from "./dialogue.ts";
import { httpConnectHandshake } from "./http_connect.ts";
import type { ProxyHandshake } from "./proxy_handshake.ts";
import { formatProxy, parseProxyUrl, type ProxyAddress } from "./proxy_url.ts";
import { socks5Handshake } from "./socks5_client.ts";

const PROPERTY = "upstreamProxy";

/**
 * Dials through a proxy, which also resolves the names.
 *
 * The proxy's own conn comes from another dialer, with the first message for
 * the proxy in its SYN. The target's first bytes wait for the proxy's consent:
 * neither SOCKS5 nor CONNECT allows them earlier, and proxies do lose them.
 */
export class UpstreamProxyDialer implements Dialer {
  readonly #dialer: Dialer;
  readonly #proxy: ProxyAddress;

  /** Dials `proxy` with `dialer`. */
  constructor(dialer: Dialer, proxy: ProxyAddress) {
    this.#dialer = dialer;
    this.#proxy = proxy;
  }

  /**
   * Dials `target`; the caller sends all of its first bytes.
   *
   * @throws {TunnelError} with what the proxy said, or why it cannot be reached;
   *   or the signal's reason
   */
  async dial(
    target: Target,
    { signal }: DialOptions = {},
  ): Promise<Dialed> {
    const handshake = this.#handshake(target);
    const { conn, sent } = await this.#reach(handshake.first, signal);
    const dialogue = new Dialogue(conn, signal);
    try {
      await dialogue.write(handshake.first.subarray(sent));
      await handshake.finish(dialogue);
      dialogue.release();
      return { conn, sent: 0 };
    } catch (error) {
      dialogue.release();
      conn.reset();
      throw this.#explain("", error, signal);
    }
  }

  #handshake(target: Target): ProxyHandshake {
    const { scheme, login } = this.#proxy;
    return scheme === "http"
      ? httpConnectHandshake(target, login)
      : socks5Handshake(target, login);
  }

  async #reach(
    first: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Dialed> {
    const { host, port } = this.#proxy;
    try {
      return await this.#dialer.dial({ host, port }, {
        first,
        mayRepeat: true,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      throw this.#explain("cannot reach ", error, signal);
    }
  }

  #explain(
    prefix: string,
    error: unknown,
    signal: AbortSignal | undefined,
  ): unknown {
    if (signal?.aborted) return signal.reason;
    return new TunnelError(
      errorCode(error),
      `${prefix}upstream proxy ${formatProxy(this.#proxy)}: ${
        errorText(error)
      }`,
      { cause: error },
    );
  }
}

/**
 * Checks a URL for `withUpstreamProxy` before anything is started.
 *
 * @throws {ConfigError} with `upstreamProxy` if it is not the URL of a proxy
 */
export function checkUpstreamProxy(url: string = ""): void {
  if (url.trim() !== "") parseProxyUrl(url, PROPERTY);
}

/**
 * Returns `dialer` itself, or one that goes through the proxy; in that case it
 * logs that datagrams leave directly.
 *
 * @param url Of the proxy; empty or `undefined` for none
 * @throws {ConfigError} If it is not the URL of a proxy; names `upstreamProxy`.
 */
export function withUpstreamProxy(
  dialer: Dialer,
  url: string = "",
  logger: Logger = SILENT,
): Dialer {
  if (url.trim() === "") return dialer;
  logger.warn("Only TCP goes through the upstream proxy, UDP leaves directly");
  return new UpstreamProxyDialer(
    dialer,
    parseProxyUrl(url, PROPERTY),
  );
}
