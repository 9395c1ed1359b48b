import { within } from "../ffi/within.ts";
import { findReference } from "./_linksocks.ts";
import { type Cast, type RelayOptions, RelayStage } from "./_relay_modes.ts";
import { transferAll } from "./_transfers.ts";

const DEADLINE_MS = 90_000;
const REFERENCE = await findReference();
const SIDES = ["ours", "theirs"] as const;

/** Registers a test that needs the reference; skips it with the reason. */
function testCast(
  mode: string,
  cast: Cast,
  options: RelayOptions,
  run: (stage: RelayStage) => Promise<void>,
): void {
  const parts = Object.entries(cast).map(([part, side]) => `${part} ${side}`);
  const suffix = options.fastOpen ? " (-f)" : "";
  const name = `[66] ${mode} mode: ${parts.join(", ")}${suffix}`;
  const missing = "reason" in REFERENCE;
  if (missing) {
    // deno-lint-ignore no-console
    console.log(`skipped: ${name}: ${REFERENCE.reason}`);
  }
  Deno.test({
    name,
    ignore: missing,
    fn: async () => {
      if (missing) return;
      const { python } = REFERENCE;
      await using stage = await RelayStage.start(python, cast, options);
      await within(run(stage), DEADLINE_MS);
    },
  });
}

for (const fastOpen of [false, true]) {
  for (const server of SIDES) {
    for (const provider of SIDES) {
      if (server === "ours" && provider === "ours") continue;
      if (server === "theirs" && provider === "theirs") continue;
      testCast(
        "reverse",
        { server, provider },
        { fastOpen, autonomy: false },
        ({ socksPort }) => transferAll(socksPort),
      );
    }
  }
  for (const server of SIDES) {
    for (const provider of SIDES) {
      for (const connector of SIDES) {
        const all = [server, provider, connector];
        if (all.every((side) => side === server)) continue;
        // Protocol, 12.1, item 6: their server loses the early bytes that their
        // connector sends, and no part of ours is there to hold them back.
        if (fastOpen && server === "theirs" && connector === "theirs") continue;
        const cast = { server, provider, connector };
        for (const autonomy of [false, true]) {
          testCast(
            autonomy ? "autonomy" : "agent",
            cast,
            { fastOpen, autonomy },
            ({ connectorPort }) => transferAll(connectorPort),
          );
        }
      }
    }
  }
}
