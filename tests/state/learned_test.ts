import { assertEquals, assertThrows } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { Learned } from "../../lib/state/learned.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const NOW_MS = 1_700_000_000_000;
const OPTIONS = { now: () => NOW_MS, network: () => "192.0.2.0/24" };
const SSH = { host: "host.test", port: 2200 };
const EMPTY = {
  version: 1,
  networks: [],
  targets: [],
  speaksFirst: [],
};

function learned(): Learned {
  const all = new Learned(OPTIONS);
  const address = { host: "::1", port: 80 };
  all.fastOpen.learn(address, "synRepeated");
  all.speaksFirst.targetSpoke(SSH);
  return all;
}

Deno.test("Learned goes on from its own text", () => {
  const text = learned().toText();
  assertEquals(JSON.parse(text), {
    version: 1,
    networks: [],
    targets: [{
      network: "192.0.2.0/24",
      target: "[::1]:80",
      failures: 1,
      untilMs: NOW_MS + 60_000,
    }],
    speaksFirst: ["host.test:2200"],
  });
  const after = new Learned(OPTIONS);
  after.restore(text);
  assertEquals(after.toText(), text);
  assertEquals(after.speaksFirst.expected(SSH), "target");
});

Deno.test("Learned tells when something has changed, and only then", () => {
  const all = new Learned(OPTIONS);
  let changes = 0;
  all.onChange = () => changes++;
  const address = { host: "::1", port: 80 };
  all.fastOpen.learn(address, "acknowledged");
  all.speaksFirst.appSpoke(SSH, false);
  assertEquals(changes, 0);
  all.fastOpen.learn(address, "synRepeated");
  all.speaksFirst.targetSpoke(SSH);
  all.speaksFirst.targetSpoke(SSH);
  assertEquals(changes, 2);
  all.fastOpen.learn(address, "acknowledged");
  all.speaksFirst.appSpoke(SSH, false);
  assertEquals(changes, 4);
});

const RECORD = { network: "", target: "[::1]:80", failures: 1, untilMs: 1 };
for (
  const { name, text } of [
    { name: "nothing", text: "" },
    { name: "what was cut", text: learned().toText().slice(0, -1) },
    { name: "no object", text: "null" },
    { name: "a list", text: "[]" },
    { name: "another version", text: { ...EMPTY, version: 2 } },
    { name: "no networks", text: { version: 1 } },
    { name: "no list", text: { ...EMPTY, targets: {} } },
    { name: "no record", text: { ...EMPTY, targets: [null] } },
    ...[
      { target: 1 },
      { target: "x".repeat(1025) },
      { network: null },
      { failures: -1 },
      { failures: 1.5 },
      { failures: "1" },
      { untilMs: null },
      { untilMs: 1e300 },
    ].map((wrong) => ({
      name: `a record with ${JSON.stringify(wrong).slice(0, 40)}`,
      text: { ...EMPTY, targets: [{ ...RECORD, ...wrong }] },
    })),
    { name: "no name", text: { ...EMPTY, speaksFirst: [22] } },
  ]
) {
  Deno.test(`Learned.restore() refuses ${name}, and learns nothing of it`, () => {
    const all = new Learned(OPTIONS);
    const whole = typeof text === "string" ? text : JSON.stringify(text);
    assertThrows(() => all.restore(whole), SyntaxError);
    assertEquals(JSON.parse(all.toText()), EMPTY);
  });
}

Deno.test("Learned.restore() takes of too much what was used last", () => {
  const speaksFirst = Array.from({ length: 1030 }, (_, i) => `h:${i}`);
  const all = new Learned(OPTIONS);
  all.restore(JSON.stringify({ ...EMPTY, speaksFirst }));
  assertEquals(all.speaksFirst.records, speaksFirst.slice(-1024));
});
