import {
  assert,
  assertEquals,
  assertFalse,
  AssertionError,
  assertMatch,
  assertNotEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

const DAY = new Date("2026-01-02T03:04:05Z");

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
    { name: "errors", a: new TypeError("x"), b: new TypeError("x") },
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
    { name: "0 and -0", a: 0, b: -0 },
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
    { name: "error messages", a: new Error("x"), b: new Error("y") },
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
  assertMatch(error.message, /^- {5}b: 2,$/m);
  assertMatch(error.message, /^\+ {5}b: 9,$/m);
  assertMatch(error.message, /^ {6}a: 1,$/m);
  assertFalse(/^[-+].*a: 1/m.test(error.message));
});

Deno.test("assertEquals() shows values that are too long to be compared by lines", () => {
  const error = assertThrows(
    () =>
      assertEquals(
        Array.from({ length: 2000 }, (_, i) => i),
        Array.from({ length: 2000 }, (_, i) => i + 1),
      ),
    AssertionError,
  );
  assert(error.message.split("\n").length > 4000);
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
