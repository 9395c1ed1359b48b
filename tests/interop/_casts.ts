import { within } from "../ffi/within.ts";
import { type Foreign, LINKSOCKS, PYWSSOCKS } from "./_foreign.ts";
import type { Reference } from "./_packages.ts";
import { type Cast, type RelayOptions, RelayStage } from "./_relay_modes.ts";
import { transferAll } from "./_transfers.ts";

const DEADLINE_MS = 60_000;
const SIDES = ["ours", "theirs"] as const;

/** Registers a test that needs another program; skips it with the reason. */
function testCast(
  [foreign, found]: [Foreign, Reference],
  cast: Cast,
  options: RelayOptions,
  run: (stage: RelayStage) => Promise<void>,
): void {
  const parts = Object.entries(cast).map(([part, side]) =>
    `${part} ${side === "ours" ? "ours" : foreign.name}`
  );
  const mode = options.autonomy
    ? "autonomy"
    : cast.connector
    ? "agent"
    : "reverse";
  const suffix = options.fastOpen ? " (-f)" : "";
  const name = `[66] ${mode} mode: ${parts.join(", ")}${suffix}`;
  const missing = "reason" in found;
  if (missing) {
    // deno-lint-ignore no-console
    console.log(`skipped: ${name}: ${found.reason}`);
  }
  Deno.test({
    name,
    ignore: missing,
    fn: async () => {
      if (missing) return;
      const { python } = found;
      await using stage = await RelayStage.start(
        foreign,
        python,
        cast,
        options,
      );
      await within(run(stage), DEADLINE_MS);
    },
  });
}

/** All casts in which both play. */
function mixedCasts(): Cast[] {
  const casts: Cast[] = [];
  for (const server of SIDES) {
    for (const provider of SIDES) {
      if (server !== provider) casts.push({ server, provider });
      for (const connector of SIDES) {
        const mixed = server !== provider || provider !== connector;
        if (mixed) casts.push({ server, provider, connector });
      }
    }
  }
  return casts;
}

/**
 * Why a cast cannot work: a fault of theirs, by its number in section 12 of the
 * protocol.
 */
function theirFault(
  { name }: Foreign,
  { server, connector }: Cast,
  { fastOpen }: RelayOptions,
): string | undefined {
  if (name === "linksocks" && fastOpen && server === "theirs") {
    // No part of ours is there to hold the early bytes back.
    if (connector === "theirs") return "12.1, 6: the server loses early bytes";
  }
  return undefined;
}

/** How many apps may ask at once, whoever has the SOCKS port. */
function appsAtOnce({ backlog }: Foreign, { server, connector }: Cast): number {
  return (connector ?? server) === "theirs" ? backlog : LINKSOCKS.backlog;
}

/** Registers a test for each cast in which both play, in one kind of mode. */
export function testCasts(
  foreign: Foreign,
  found: Reference,
  autonomy: boolean,
): void {
  for (const fastOpen of [false, true]) {
    for (const cast of mixedCasts()) {
      if (autonomy && !cast.connector) continue;
      // Only the SOCKS side has the flag, and pywssocks has none.
      const socksSide = cast.connector ?? cast.server;
      if (foreign === PYWSSOCKS && fastOpen !== (socksSide === "ours")) {
        continue;
      }
      const options = { fastOpen, autonomy };
      if (theirFault(foreign, cast, options)) continue;
      testCast(
        [foreign, found],
        cast,
        options,
        ({ socksPort, connectorPort }) =>
          transferAll(
            cast.connector ? connectorPort : socksPort,
            appsAtOnce(foreign, cast),
          ),
      );
    }
  }
}
