import { assertEquals } from "@std/assert";
import type { HopSummary } from "../../lib/base/hop_summary.ts";
import { pathBeside } from "../ffi/run_deno.ts";
import { type CountersReport, HOSTS } from "./_counters_report.ts";
import { hasProgram, runInNamespace, testInNamespace } from "./_namespace.ts";
import type { HandshakeTally } from "./_pcap.ts";

const HAS_NFT = hasProgram("nft");
/** IPv4 and TCP headers have at most 80 bytes in a SYN; more is data. */
const DROP_SYN_DATA = "nft add table inet t && " +
  'nft add chain inet t c "{ type filter hook input priority 0; }" && ' +
  `nft add rule inet t c "ip daddr ${HOSTS.blocked} ` +
  'tcp flags & (syn|ack) == syn ip length > 80 drop"';

if (!HAS_NFT) {
  // deno-lint-ignore no-console
  console.log("skipped: SYNs that are repeated: there is no program named nft");
}

function tallyOf(tally: Partial<HandshakeTally>): HandshakeTally {
  return {
    ...{ attempted: 0, conns: 0, acknowledged: 0, noCookie: 0 },
    ...{ notAcknowledged: 0, synRepeated: 0, refused: 0 },
    ...tally,
  };
}

function sum(tallies: HandshakeTally[]): HandshakeTally {
  const all = tallyOf({});
  for (const tally of tallies) {
    for (const [name, count] of Object.entries(tally)) {
      all[name as keyof HandshakeTally] += count;
    }
  }
  return all;
}

/** What a program says of a hop that it dials, in the words of the wire. */
function dialed(hops: HopSummary[], hop: string): HandshakeTally {
  const found = hops.find((one) => one.hop === hop)!;
  const { attempted, conns, acknowledged, noCookie } = found;
  const { notAcknowledged, synRepeated, failed } = found;
  return {
    ...{ attempted, conns, acknowledged, noCookie },
    // All that failed here were refused.
    ...{ notAcknowledged, synRepeated, refused: failed },
  };
}

/** An accepting end sees only whether the SYN had data. */
function accepted(hops: HopSummary[], hop: string): [number, number] {
  const { conns, acknowledged } = hops.find((one) => one.hop === hop)!;
  return [conns, acknowledged];
}

testInNamespace(
  "what the programs count is what tcpdump sees and what the kernel counts",
  async () => {
    const path = pathBeside(import.meta.url, "_counters_main.ts");
    const { client, server, refused, lateFailures, wire, kernel } =
      await runInNamespace<
        CountersReport
      >(3, path, HAS_NFT ? { setup: DROP_SYN_DATA, args: ["blocked"] } : {});

    const { socks, tunnel } = wire;
    assertEquals(wire.target, {
      takesData: tallyOf({
        attempted: 6,
        conns: 6,
        acknowledged: 5,
        noCookie: 1,
      }),
      forgets: tallyOf({ attempted: 2, conns: 2, notAcknowledged: 2 }),
      plain: tallyOf({ attempted: 3, conns: 3, noCookie: 3 }),
      speaks: tallyOf({ conns: 2 }),
      refuses: tallyOf({ attempted: 2, refused: 2 }),
      blocked: HAS_NFT
        ? tallyOf({ attempted: 2, conns: 2, noCookie: 1, synRepeated: 1 })
        : tallyOf({}),
    });
    assertEquals(
      tunnel,
      tallyOf({ attempted: 3, conns: 4, acknowledged: 2, noCookie: 1 }),
    );

    const target = sum(Object.values(wire.target));
    assertEquals(dialed(server, "target"), target);
    assertEquals(dialed(client, "tunnel"), tunnel);
    assertEquals(accepted(server, "ws"), [tunnel.conns, tunnel.acknowledged]);
    assertEquals(accepted(client, "socks"), [socks.conns, socks.acknowledged]);

    assertEquals(refused, { dials: target.refused, late: target.refused });
    assertEquals(lateFailures, target.refused);

    // The app's own conns are in the same namespace.
    const all = sum([socks, tunnel, ...Object.values(wire.target)]);
    assertEquals(kernel.TCPFastOpenActive, all.acknowledged);
    assertEquals(kernel.TCPFastOpenPassive, all.acknowledged);
    assertEquals(
      kernel.TCPFastOpenActiveFail,
      all.notAcknowledged + all.synRepeated,
    );
    for (const { acknowledged, roundTripsSaved } of [...client, ...server]) {
      assertEquals(roundTripsSaved, acknowledged);
    }
  },
  "tcpdump",
);
