/** Below what kernels give to conns and to listeners without a port of their own. */
const LOWEST = 10_000;
const COUNT = 20_000;
const TRIES = 100;

/**
 * A port of 127.0.0.1 for a program that must be told one. Nobody listens on
 * it, and no conn or other test is given it before the program listens.
 *
 * @throws {Error} all ports that were tried are in use.
 */
export function freePort(): number {
  for (let count = 0; count < TRIES; count++) {
    const port = LOWEST + Math.floor(Math.random() * COUNT);
    try {
      using _listener = Deno.listen({ hostname: "127.0.0.1", port });
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`no free port in ${TRIES} tries`);
}
