import { assert, assertEquals, assertMatch } from "@std/assert";
import { pathBeside } from "../ffi/run_deno.ts";
import type { DropReport, DropVisit } from "./_drop_report.ts";
import { hasNft } from "./_nft.ts";
import { runInNamespace, testInNamespace } from "./_namespace.ts";

/** RFC 6298, section 2: the kernel sends a SYN again after that. */
const SYN_REPEAT_MS = 1000;
/** The kernel's own memory of such paths would decide instead of ours. */
const SETUP = "echo 0 > /proc/sys/net/ipv4/tcp_fastopen_blackhole_timeout_sec";

function isSlow({ ms }: DropVisit): boolean {
  return ms >= SYN_REPEAT_MS;
}

function printFigures(report: DropReport): void {
  for (const [label, { ms, syn, dropped }] of Object.entries(report)) {
    const results = Object.entries(syn).map(([result, count]) =>
      count === 1 ? result : `${count} ${result}`
    );
    const line = [
      label.padEnd(26),
      `${ms} ms`.padStart(8),
      `${dropped} dropped`,
      results.join(", "),
    ];
    // deno-lint-ignore no-console -- the figures belong to the test's output
    console.log(line.join("  "));
  }
}

if (hasNft("a path that drops SYNs with data")) {
  testInNamespace(
    "a path that drops SYNs with data costs one request a second, and no more",
    async () => {
      const path = pathBeside(import.meta.url, "_syn_data_drop_main.ts");
      const report = await runInNamespace<DropReport>(3, path, {
        setup: SETUP,
      });
      printFigures(report);
      const did = Object.fromEntries(
        Object.entries(report).map(([label, visit]) => [
          label,
          [visit.syn, visit.dropped, isSlow(visit)],
        ]),
      );
      assertEquals(did, {
        "cold": [{ noCookie: 1 }, 0, false],
        "warm": [{ acknowledged: 1 }, 0, false],
        // The kernel sends the SYN again without data: the request survives.
        "lost": [{ synRepeated: 1 }, 1, true],
        "plain": [{ avoided: 1 }, 0, false],
        "still plain": [{ avoided: 1 }, 0, false],
        // One of them tries again.
        "twenty after a minute": [{ avoided: 19, synRepeated: 1 }, 1, true],
        "plain for two minutes": [{ avoided: 1 }, 0, false],
        "plain after a restart": [{ avoided: 1 }, 0, false],
        "the rule is gone": [{ acknowledged: 1 }, 0, false],
        "as before": [{ acknowledged: 1 }, 0, false],
        // Of a first visit: there is no data yet, only the option.
        "option lost": [{ noCookie: 1 }, 1, true],
        "option plain": [{ avoided: 1 }, 0, false],
        "option arrives": [{ noCookie: 1 }, 0, false],
        "option has helped": [{ acknowledged: 1 }, 0, false],
        "data refused": [{ failed: 1, avoided: 1 }, 1, false],
        "refused no more": [{ avoided: 1 }, 0, false],
        "data is taken": [{ acknowledged: 1 }, 0, false],
        "tunnel lost": [{ synRepeated: 1 }, 1, true],
        "tunnel plain": [{ avoided: 1 }, 0, false],
        "tunnel, the rule is gone": [{ acknowledged: 1 }, 0, false],
      });
      for (
        const [label, seconds] of [
          ["plain", "(60|59)"],
          ["still plain", "1"],
          ["plain for two minutes", "(120|119)"],
          ["plain after a restart", "(120|119|118)"],
          ["tunnel plain", "(60|59)"],
        ] as const
      ) {
        const rule = `^127\\.0\\.0\\.[24]:\\d+ does not take Fast Open SYNs, ` +
          `tried again in ${seconds} s$`;
        assertMatch(report[label]!.because, new RegExp(rule));
      }
      assert(report.plain!.ms < SYN_REPEAT_MS / 4, "at once");
    },
  );
}
