import type { TfoChoice, TfoHop } from "../net/tfo_choice.ts";
import type { Support } from "../net/fast_open.ts";

const NAMES: Record<TfoHop, string> = {
  socks: "app to SOCKS port",
  tunnel: "client to server",
  ws: "server's port",
  target: "server to target",
};

/** One line for the user: what TCP Fast Open does at a hop, or why nothing. */
export function hopLine(
  hop: TfoHop,
  choice: TfoChoice,
  support: Support,
): string {
  const what = !choice[hop]
    ? "off (--tfo)"
    : support.supported
    ? "on"
    : `off: ${support.reason}`;
  return `TCP Fast Open, ${NAMES[hop]} (${hop}): ${what}`;
}
