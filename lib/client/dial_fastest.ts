import { isProgramError, TunnelError } from "../base/errors.ts";
import type { DialedTunnel } from "../transport/dial_tunnel.ts";

/** A tunnel, and whose it is. */
export interface FastestTunnel extends DialedTunnel {
  /** The server that answered first. */
  url: URL;
}

/**
 * Dials all servers at once and takes the first that lets us in; the others are
 * closed again.
 *
 * @throws {TunnelError} if none does: `auth` if all of them reject the token, or
 *   else what the last of the others said
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
      // Two may be let in before one hears of the other.
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
