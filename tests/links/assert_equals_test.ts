import {
  assert,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

const DAY = new Date("2026-01-02T03:04:05Z");
const ERRORS = ["x", "x", "y"].map((text) => new Error(text));
const DECORATION = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

/** The lines of a difference, without colors. */
function linesOf({ message }: Error): string[] {
  return message.replace(DECORATION, "").split("\n").map((line) =>
    line.trimEnd()
  );
}

for (
  const { name, a, b } of [
    { name: "NaN", a: NaN, b: NaN },
    {
      name: "nested objects",
      a: { x: [1, { y: 2 }] },
      b: { x: [1, { y: 2 }] },
    },
    { name: "key order", a: { x: 1, y: 2 }, b: { y: 2, x: 1 } },
    { name: "bytes", a: new Uint8Array([1, 2]), b: Uint8Array.of(1, 2) },
    {
      name: "views of other buffers",
      a: new Uint8Array([0, 1, 2]).subarray(1),
      b: new Uint8Array([1, 2]),
    },
    {
      name: "floats with NaN",
      a: [new Float64Array([NaN])],
      b: [new Float64Array([NaN])],
    },
    {
      name: "maps in any order",
      a: new Map([[1, "a"], [2, "b"]]),
      b: new Map([[2, "b"], [1, "a"]]),
    },
    {
      name: "maps with object keys",
      a: new Map([[{ k: 1 }, 1]]),
      b: new Map([[{ k: 1 }, 1]]),
    },
    { name: "sets of objects", a: new Set([{ x: 1 }]), b: new Set([{ x: 1 }]) },
    { name: "dates", a: DAY, b: new Date(DAY) },
    { name: "0 and -0", a: 0, b: -0 },
    {
      name: "floats of 0 and -0",
      a: new Float64Array([0]),
      b: new Float64Array([-0]),
    },
    { name: "errors of one place", a: ERRORS[0], b: ERRORS[1] },
    {
      name: "null prototype",
      a: Object.assign(Object.create(null), { x: 1 }),
      b: { x: 1 },
    },
  ]
) {
  Deno.test(`assertEquals() accepts ${name}`, () => {
    assertEquals<unknown>(a, b);
    assertThrows(() => assertNotEquals<unknown>(a, b), AssertionError);
  });
}

for (
  const { name, a, b } of [
    { name: "text and number", a: "1", b: 1 },
    { name: "null and undefined", a: null, b: undefined },
    { name: "a missing key", a: { x: undefined }, b: {} },
    { name: "array lengths", a: [1], b: [1, undefined] },
    { name: "bytes", a: new Uint8Array([1]), b: new Uint8Array([2]) },
    { name: "view types", a: new Uint8Array([1]), b: new Int8Array([1]) },
    { name: "map values", a: new Map([[1, 1]]), b: new Map([[1, 2]]) },
    { name: "sets", a: new Set([1, 1]), b: new Set([2]) },
    { name: "dates", a: DAY, b: new Date(0) },
    { name: "patterns", a: /a/, b: /a/i },
    { name: "error messages", a: ERRORS[0], b: ERRORS[2] },
    { name: "places of errors", a: new Error("x"), b: new Error("x") },
    { name: "error classes", a: new Error("x"), b: new TypeError("x") },
    { name: "classes", a: [], b: {} },
    { name: "symbol keys", a: { [Symbol.iterator]: 1 }, b: {} },
  ]
) {
  Deno.test(`assertEquals() rejects different ${name}`, () => {
    assertThrows(() => assertEquals<unknown>(a, b), AssertionError);
    assertNotEquals<unknown>(a, b);
  });
}

Deno.test("assertEquals() compares values that contain themselves", () => {
  const a: Record<string, unknown> = {};
  const b: Record<string, unknown> = {};
  a.self = a;
  b.self = b;
  assertEquals(a, b);
});

Deno.test("assertEquals() shows the lines that differ", () => {
  const error = assertThrows(
    () => assertEquals({ a: 1, b: 2, c: 3 }, { a: 1, b: 9, c: 3 }, "why"),
    AssertionError,
    "Values are not equal: why",
  );
  const lines = linesOf(error);
  assert(lines.includes("-     b: 2,"));
  assert(lines.includes("+     b: 9,"));
  assert(lines.includes("      a: 1,"));
});

Deno.test("assertEquals() shows what differs in long values, too", () => {
  const error = assertThrows(
    () =>
      assertEquals(
        Array.from({ length: 2000 }, (_, i) => i),
        Array.from({ length: 2000 }, (_, i) => i + 1),
      ),
    AssertionError,
  );
  const lines = linesOf(error);
  assert(lines.includes("-     0,"));
  assert(lines.includes("+     2000,"));
});

Deno.test("assertStrictEquals() wants the same object", () => {
  const value = { x: 1 };
  assertStrictEquals(value, value);
  const error = assertThrows(
    () => assertStrictEquals({ x: 1 }, value),
    AssertionError,
  );
  assertStringIncludes(error.message, "not reference-equal");
});
