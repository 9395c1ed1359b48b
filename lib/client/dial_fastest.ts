import { isProgramError, TunnelError } from "../base/errors.ts";
import type { DialedTunnel } from "../transport/dial_tunnel.ts";

/** A tunnel and its server. */
export interface FastestTunnel extends DialedTunnel {
  /** The server that answered first. */
  url: URL;
}

/**
 * Dials all servers at once and keeps the first that admits the client; the
 * others are closed.
 *
 * @throws {TunnelError} if none does: `auth` if all reject the token, otherwise
 *   the last other error
 */
export async function dialFastest(
  urls: readonly URL[],
  dial: (url: URL, signal: AbortSignal) => Promise<DialedTunnel>,
  signal: AbortSignal,
): Promise<FastestTunnel> {
  if (urls.length === 1) {
    const url = urls[0]!;
    return { ...await dial(url, signal), url };
  }
  const losers = new AbortController();
  const together = AbortSignal.any([signal, losers.signal]);
  let won = false;
  const attempts = urls.map(async (url): Promise<FastestTunnel> => {
    const tunnel = await dial(url, together);
    if (won) {
      // Two may be admitted before one learns of the other.
      tunnel.transport.handler = { message() {}, closed() {} };
      tunnel.transport.close(1000, "another server was faster");
      throw new TunnelError("closed", "another server was faster");
    }
    won = true;
    return { ...tunnel, url };
  });
  try {
    return await Promise.any(attempts);
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    const errors: unknown[] = error.errors;
    const other = errors.findLast((one) =>
      !(one instanceof TunnelError && one.code === "auth")
    );
    throw errors.find(isProgramError) ?? other ?? errors[0];
  } finally {
    losers.abort(new TunnelError("closed", "another server was faster"));
  }
}
