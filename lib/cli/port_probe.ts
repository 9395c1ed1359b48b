/**
 * Tells if a port of the loopback address can be listened on now.
 *
 * @param port The port.
 * @returns `false` if somebody else has it; other obstacles are left to whoever
 * really listens, who can say more about them.
 */
export function isPortFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.AddrInUse);
  }
}
