import { ConfigError } from "../base/errors.ts";
import type { BackendChoice, ChosenBackend } from "../net/choose_backend.ts";
import type { FastOpenOutcome, Lack } from "../net/fast_open.ts";
import { FastOpenConn } from "../net/fast_open_conn.ts";
import { Resolver } from "../net/resolver.ts";
import { fastOpenThrough, sharedBackend } from "../net/shared_backend.ts";
import { directDialer } from "./direct_dialer.ts";

/** How to dial. */
export interface DialFastOpenOptions {
  /** The port, 1 to 65535. */
  port: number;
  /**
   * A name or an IP address.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string;
  /**
   * The first bytes to send. They travel in the SYN if the kernel has a cookie
   * for the target, otherwise right after the handshake. A SYN may arrive twice
   * (RFC 7413, section 6.1), so they must do no harm when they do: a request
   * that may be repeated, a ClientHello.
   */
  data?: Uint8Array;
  /**
   * Put `data` into the SYN; `false` dials plain, for comparison.
   *
   * @default {true}
   */
  fastOpen?: boolean;
  /** Gives up when it aborts; the promise rejects with its reason. */
  signal?: AbortSignal;
  /**
   * Which sockets: `epoll` (Linux, `--allow-ffi`), `deno` (everywhere, without
   * Fast Open), or the better one available.
   *
   * @default {"auto"}
   */
  backend?: BackendChoice;
}

/** Shared by all dials of a program. */
const RESOLVER = new Resolver();

/**
 * Dials TCP with the first bytes in the SYN (TCP Fast Open, RFC 7413), as
 * `Deno.connect` does without. A name's addresses are tried as in RFC 8305;
 * only the first attempt uses Fast Open. Without Fast Open the dial is plain,
 * and the conn's `fastOpen` tells why.
 *
 * @param options Where to dial, and the first bytes.
 * @returns An established conn; all of `data` is sent or being sent.
 * @throws {TunnelError} `refused`, `unreachable`, `timeout`, `name` …
 * @throws {ConfigError} if the port is wrong, or `epoll` was requested and is
 *   not available
 *
 * @example A request whose answer comes after one round trip instead of two
 * ```ts ignore
 * import { dialFastOpen } from "@synsocks/synsocks";
 *
 * using conn = await dialFastOpen({
 *   hostname: "example.com",
 *   port: 80,
 *   data: new TextEncoder().encode("HEAD / HTTP/1.0\r\nHost: example.com\r\n\r\n"),
 * });
 * // The first dial gives "noCookie", the second one "acknowledged".
 * console.log(conn.fastOpen.result);
 * console.log(await new Response(conn.readable).text());
 * ```
 */
export async function dialFastOpen(
  options: DialFastOpenOptions,
): Promise<FastOpenConn> {
  const { port, hostname = "127.0.0.1", data, signal } = options;
  const { fastOpen = true } = options;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ConfigError("port", `must be from 1 to 65535 but got ${port}`);
  }
  const chosen = sharedBackend(options.backend);
  const dialer = directDialer(chosen.backend, RESOLVER, {
    fastOpen,
    anyBytes: true,
  });
  const target = { host: hostname.replace(/^\[(.*)\]$/, "$1"), port };
  const { conn, sent } = await dialer.dial(target, {
    ...(data ? { first: data } : {}),
    ...(signal ? { signal } : {}),
  });
  const outcome = explained(conn.fastOpen, chosen, {
    fastOpen,
    hasData: data !== undefined && data.length > 0,
  });
  const dialed = new FastOpenConn(conn, outcome);
  if (!data || sent === data.length) return dialed;
  try {
    await dialed.writeAll(data.subarray(sent));
    return dialed;
  } catch (error) {
    dialed.close();
    throw error;
  }
}

/** Adds the reason to the outcome of a dial without Fast Open. */
function explained(
  outcome: FastOpenOutcome,
  chosen: ChosenBackend,
  asked: { fastOpen: boolean; hasData: boolean },
): FastOpenOutcome {
  if (outcome.result !== "off" && outcome.result !== "unsupported") {
    return outcome;
  }
  if (outcome.reason !== undefined) return outcome;
  return { ...outcome, ...whyWithout(chosen, asked) };
}

function whyWithout(
  chosen: ChosenBackend,
  { fastOpen, hasData }: { fastOpen: boolean; hasData: boolean },
): Lack | undefined {
  if (!fastOpen) return { reason: "nobody asked for it" };
  const support = fastOpenThrough(chosen, "dial");
  if (!support.supported) {
    const { reason, fix } = support;
    return fix === undefined ? { reason } : { reason, fix };
  }
  return hasData ? undefined : { reason: "there was no data for the SYN" };
}
