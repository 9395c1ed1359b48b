/**
 * Whether a port of the loopback address is free.
 *
 * @param port The port.
 * @returns `false` if it is in use. Other obstacles count as free: the error of
 *   the real listener says more.
 */
export function isPortFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.AddrInUse);
  }
}
