import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import {
  type FastOpenLesson,
  FastOpenMemory,
} from "../../lib/dial/fast_open_memory.ts";
import { placeOf } from "../../lib/dial/place.ts";
import type { FastOpenRecords } from "../../lib/dial/fast_open_records.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = 1_700_000_000_000;

/** A memory with a clock and a network of its own. */
class Stage {
  nowMs = START_MS;
  network = "192.0.2.0/24";
  changes = 0;
  readonly memory: FastOpenMemory;

  constructor(capacity?: number) {
    this.memory = new FastOpenMemory({
      now: () => this.nowMs,
      network: () => this.network,
      ...(capacity === undefined ? {} : { capacity }),
    });
    this.memory.onChange = () => this.changes++;
  }

  /** One dial: tells whether it put data into its SYN. */
  dial(host: string, lesson: FastOpenLesson, port = 80): boolean {
    const address = { host, port };
    if (this.memory.avoids(address)) return false;
    this.memory.learn(address, lesson);
    return true;
  }

  /** Why a dial goes plain. */
  reason(host: string, port = 80): string | undefined {
    return this.memory.avoids({ host, port })?.reason;
  }
}

for (const lesson of ["synRepeated", "unanswered", "optionLost"] as const) {
  Deno.test(`FastOpenMemory avoids a target after ${lesson}, longer each time`, () => {
    const stage = new Stage();
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      assert(stage.dial("1.1.1.1", lesson));
      const began = stage.nowMs;
      while (stage.reason("1.1.1.1") !== undefined) stage.nowMs += MINUTE_MS;
      waits.push((stage.nowMs - began) / MINUTE_MS);
      // The trial that the look has begun tells nothing.
      const address = { host: "1.1.1.1", port: 80 };
      stage.memory.learn(address, "unknown");
    }
    assertEquals(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });
}

Deno.test("FastOpenMemory says why and until when", () => {
  const stage = new Stage();
  stage.dial("2001:db8::1", "synRepeated", 443);
  stage.nowMs += 2500;
  assertEquals(
    stage.reason("2001:db8::1", 443),
    "[2001:db8::1]:443 does not take Fast Open SYNs, tried again in 58 s",
  );
  const address = { host: "2001:db8::1", port: 443 };
  const { result, rttUs } = stage.memory.avoids(address)!;
  assertEquals([result, rttUs], ["avoided", 0]);
});

Deno.test("FastOpenMemory avoids no other port and no other network", () => {
  const stage = new Stage();
  stage.dial("1.1.1.1", "synRepeated");
  assert(!stage.dial("1.1.1.1", "noCookie"));
  assert(stage.dial("1.1.1.1", "noCookie", 81));
  stage.network = "198.51.100.0/24";
  assert(stage.dial("1.1.1.1", "noCookie"));
  stage.network = "192.0.2.0/24";
  assert(!stage.dial("1.1.1.1", "noCookie"));
});

Deno.test("FastOpenMemory lets exactly one try again", () => {
  const stage = new Stage();
  stage.dial("1.1.1.1", "synRepeated");
  stage.nowMs += MINUTE_MS;
  const address = { host: "1.1.1.1", port: 80 };
  const tries = Array.from({ length: 100 }, () => stage.memory.avoids(address))
    .filter((outcome) => outcome === undefined);
  assertEquals(tries.length, 1);
  assertStringIncludes(stage.reason("1.1.1.1")!, "being tried again now");
  stage.memory.learn(address, "acknowledged");
  assertEquals(stage.reason("1.1.1.1"), undefined);
  // Forgotten: the next failure costs a minute, not two.
  stage.dial("1.1.1.1", "synRepeated");
  stage.nowMs += MINUTE_MS;
  assertEquals(stage.reason("1.1.1.1"), undefined);
});

Deno.test("FastOpenMemory lets another one try when a trial tells nothing", () => {
  const stage = new Stage();
  stage.dial("1.1.1.1", "synRepeated");
  stage.nowMs += MINUTE_MS;
  for (const lesson of ["noCookie", "unknown"] as const) {
    assert(stage.dial("1.1.1.1", lesson));
  }
  // One that never tells does not hold up the others for ever.
  assertEquals(stage.reason("1.1.1.1"), undefined);
  assert(stage.reason("1.1.1.1"));
  stage.nowMs += MINUTE_MS / 2;
  assert(stage.dial("1.1.1.1", "synRepeated"));
  stage.nowMs += 2 * MINUTE_MS - 1;
  assert(stage.reason("1.1.1.1"));
});

Deno.test("FastOpenMemory counts dials that began together once", () => {
  const stage = new Stage();
  const address = { host: "1.1.1.1", port: 80 };
  for (let i = 0; i < 100; i++) {
    assertEquals(stage.memory.avoids(address), undefined);
  }
  for (let i = 0; i < 100; i++) stage.memory.learn(address, "synRepeated");
  assertEquals(stage.changes, 1);
  stage.nowMs += MINUTE_MS;
  assertEquals(stage.reason("1.1.1.1"), undefined);
});

Deno.test("FastOpenMemory avoids a target that leaves data alone twice in a row", () => {
  const stage = new Stage();
  assert(stage.dial("1.1.1.1", "notAcknowledged"));
  assert(stage.dial("1.1.1.1", "acknowledged"));
  assert(stage.dial("1.1.1.1", "notAcknowledged"));
  assert(stage.dial("1.1.1.1", "noCookie"));
  assert(stage.dial("1.1.1.1", "notAcknowledged"));
  assert(!stage.dial("1.1.1.1", "notAcknowledged"));
  // In a trial once is enough.
  stage.nowMs += MINUTE_MS;
  assert(stage.dial("1.1.1.1", "notAcknowledged"));
  stage.nowMs += 2 * MINUTE_MS - 1;
  assert(!stage.dial("1.1.1.1", "notAcknowledged"));
  stage.nowMs += 1;
  assert(stage.dial("1.1.1.1", "acknowledged"));
});

Deno.test("FastOpenMemory takes three hosts that lose the option for the network", () => {
  const stage = new Stage();
  const lost = (host: string) => stage.dial(host, "optionLost");
  for (const host of ["1.1.1.1", "1.1.1.2"]) assert(lost(host));
  // Chance, since another one got through in between.
  assert(stage.dial("1.1.1.9", "noCookie"));
  for (const host of ["1.1.1.3", "1.1.1.4"]) assert(lost(host));
  assert(!stage.dial("1.1.1.4", "noCookie"));
  // SYNs with data are another matter, and have lost none so far.
  assert(stage.dial("1.1.1.8", "synRepeated"));
  assert(lost("1.1.1.5"));
  assertStringIncludes(stage.reason("1.1.1.7")!, "this network");
  // A first visit that gets through ends what was about the option.
  stage.nowMs += MINUTE_MS;
  assert(stage.dial("1.1.1.1", "noCookie"));
  assertEquals(stage.reason("1.1.1.1"), undefined);
  assertEquals(stage.memory.records.networks, []);
  assertEquals(
    stage.memory.records.targets.map(({ target }) => target),
    ["1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.8", "1.1.1.5"]
      .map((host) => `${host}:80`),
  );
});

Deno.test("FastOpenMemory learns nothing from a first visit", () => {
  const stage = new Stage();
  for (let i = 0; i < 5; i++) assert(stage.dial("1.1.1.1", "noCookie"));
  assertEquals(stage.memory.records, { networks: [], targets: [] });
  assertEquals(stage.changes, 0);
});

Deno.test("FastOpenMemory takes three hosts that lose SYNs for the network", () => {
  const stage = new Stage();
  const lost = (host: string) => stage.dial(host, "synRepeated");
  assert(lost("1.1.1.1"));
  // Another port of the same host is no other path.
  assert(stage.dial("1.1.1.1", "synRepeated", 81));
  assert(lost("1.1.1.2"));
  assert(stage.dial("1.1.1.9", "noCookie"));
  assert(lost("1.1.1.3"));
  assertEquals(
    stage.reason("1.1.1.4"),
    "this network does not pass Fast Open SYNs, tried again in 60 s",
  );
  stage.network = "198.51.100.0/24";
  assert(stage.dial("1.1.1.4", "noCookie"));
  stage.network = "192.0.2.0/24";
  // One tries again for all; when that fails, twice as long.
  stage.nowMs += MINUTE_MS;
  const address = { host: "1.1.1.5", port: 80 };
  assertEquals(stage.memory.avoids(address), undefined);
  assert(stage.reason("1.1.1.4"));
  stage.memory.learn(address, "synRepeated");
  stage.nowMs += 2 * MINUTE_MS - 1;
  assert(stage.reason("1.1.1.4"));
  stage.nowMs += 1;
  assert(stage.dial("1.1.1.6", "acknowledged"));
  assert(stage.dial("1.1.1.7", "noCookie"));
  assert(stage.dial("1.1.1.8", "noCookie"));
});

Deno.test("FastOpenMemory does not take hosts that are gone for the network", () => {
  const stage = new Stage();
  for (let i = 1; i < 10; i++) assert(stage.dial(`1.1.1.${i}`, "unanswered"));
  assert(stage.dial("1.1.1.10", "acknowledged"));
});

Deno.test("FastOpenMemory clears the network when data arrives between", () => {
  for (const lesson of ["acknowledged", "notAcknowledged"] as const) {
    const stage = new Stage();
    for (let i = 0; i < 6; i += 2) {
      assert(stage.dial(`1.1.1.${i}`, "synRepeated"));
      assert(stage.dial(`1.1.1.${i + 1}`, lesson));
    }
  }
});

Deno.test("FastOpenMemory forgets what was not dialed for the longest time", () => {
  const stage = new Stage(2);
  stage.dial("1.1.1.1", "unanswered");
  stage.dial("1.1.1.2", "unanswered");
  assert(!stage.dial("1.1.1.1", "noCookie"));
  stage.dial("1.1.1.3", "unanswered");
  assert(!stage.dial("1.1.1.1", "noCookie"));
  assert(stage.dial("1.1.1.2", "noCookie"));
});

Deno.test("FastOpenMemory goes on from what was kept", () => {
  const before = new Stage();
  for (const host of ["1.1.1.1", "1.1.1.2", "::3"]) {
    before.dial(host, "synRepeated");
  }
  const records: FastOpenRecords = before.memory.records;
  const record = { failures: 1, untilMs: START_MS + MINUTE_MS };
  const { network } = before;
  assertEquals(records, {
    networks: [{ network, ...record }],
    targets: ["1.1.1.1:80", "1.1.1.2:80", "[::3]:80"].map((target) => ({
      network,
      target,
      ...record,
    })),
  });
  const after = new Stage();
  after.memory.restore(JSON.parse(JSON.stringify(records)));
  assertStringIncludes(after.reason("1.1.1.4")!, "this network");
  after.nowMs += MINUTE_MS;
  assert(after.dial("::3", "synRepeated"));
  after.nowMs += 2 * MINUTE_MS - 1;
  assertStringIncludes(after.reason("::3")!, "this network");
  assertEquals(after.memory.records.targets.at(-1), {
    network,
    target: "[::3]:80",
    failures: 2,
    untilMs: START_MS + 3 * MINUTE_MS,
  });
});

Deno.test("FastOpenMemory keeps nothing that is over for a day", () => {
  const stage = new Stage();
  stage.dial("1.1.1.1", "unanswered");
  const { records } = stage.memory;
  stage.nowMs += MINUTE_MS + 24 * HOUR_MS;
  assertEquals(stage.memory.records.targets, []);
  const later = new Stage();
  later.nowMs = stage.nowMs;
  later.memory.restore(records);
  later.nowMs = START_MS;
  assert(later.dial("1.1.1.1", "noCookie"));
});

Deno.test("FastOpenMemory avoids nothing for longer when the clock is set back", () => {
  const stage = new Stage();
  stage.dial("1.1.1.1", "synRepeated");
  stage.nowMs -= 24 * HOUR_MS;
  assertEquals(stage.reason("1.1.1.1"), undefined);
});

Deno.test("FastOpenMemory knows an address in each of its spellings", () => {
  for (
    const [one, other] of [
      ["2001:db8::1", "2001:DB8:0:0::0001"],
      ["192.0.2.1", "::ffff:192.0.2.1"],
      ["192.0.2.1", "::FFFF:c000:201"],
    ] as const
  ) {
    const stage = new Stage();
    stage.dial(one, "synRepeated");
    assertEquals(stage.dial(other, "synRepeated"), false);
    stage.memory.learn({ host: other, port: 80 }, "acknowledged");
    assertEquals(stage.memory.records, { networks: [], targets: [] });
  }
  assertEquals(placeOf({ host: "::1", port: 1 }, "").target, "[::1]:1");
});
