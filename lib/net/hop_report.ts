import type { ChosenBackend } from "./choose_backend.ts";
import { fastOpenSupport, lackText, type Support } from "./fast_open.ts";
import type { Hop } from "../base/hop.ts";
import type { TfoChoice } from "./tfo_choice.ts";

const NAMES: Record<Hop, string> = {
  socks: "app to SOCKS port",
  tunnel: "client to server",
  ws: "server's port",
  target: "server to target",
};

/** Which half of the kernel's setting a hop needs. */
const HALVES = {
  socks: "listen",
  tunnel: "dial",
  ws: "listen",
  target: "dial",
} as const satisfies Record<Hop, "dial" | "listen">;

/**
 * Describes what TCP Fast Open does at each hop of a role, or why it does
 * nothing, and which sockets are used.
 *
 * @param whyNotTuned Why the server's port has no socket options, if it has none
 */
export function hopReport(
  hops: readonly Hop[],
  choice: TfoChoice,
  { backend, reason }: ChosenBackend,
  whyNotTuned?: string,
): string[] {
  const support = fastOpenSupport();
  return [
    ...hops.map((hop) => {
      const possible = supportOn(backend.name, support[HALVES[hop]]);
      const isOut = hop === "ws" && possible.supported && whyNotTuned;
      return hopLine(
        hop,
        choice,
        isOut ? { supported: false, reason: whyNotTuned } : possible,
      );
    }),
    `sockets: ${backend.name}` + (reason ? ` (${reason})` : ""),
  ];
}

function supportOn(name: "epoll" | "deno", support: Support): Support {
  return name === "epoll" || !support.supported ? support : {
    supported: false,
    reason: "the deno backend cannot; use the epoll backend",
  };
}

function hopLine(hop: Hop, choice: TfoChoice, support: Support): string {
  const what = !choice[hop]
    ? "off, as asked"
    : support.supported
    ? "on"
    : `off: ${lackText(support)}`;
  return `TCP Fast Open, ${NAMES[hop]} (${hop}): ${what}`;
}
