import {
  assert,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  AssertionError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
  fail,
} from "@std/assert";

for (
  const { name, holds, broken, text } of [
    {
      name: "assert",
      holds: () => assert(1),
      broken: () => assert("", "why"),
      text: "why",
    },
    {
      name: "assertFalse",
      holds: () => assertFalse(0),
      broken: () => assertFalse("x", "why"),
      text: "why",
    },
    {
      name: "assertExists",
      holds: () => assertExists(0),
      broken: () => assertExists(undefined),
      text: "null or undefined",
    },
    {
      name: "assertGreater",
      holds: () => assertGreater(2, 1),
      broken: () => assertGreater(1, 1),
      text: "Expect 1 > 1",
    },
    {
      name: "assertGreaterOrEqual",
      holds: () => assertGreaterOrEqual(1, 1),
      broken: () => assertGreaterOrEqual(0, 1),
      text: "Expect 0 >= 1",
    },
    {
      name: "assertLess",
      holds: () => assertLess(1, 2),
      broken: () => assertLess(NaN, 1),
      text: "Expect NaN < 1",
    },
    {
      name: "assertLessOrEqual",
      holds: () => assertLessOrEqual(1, 1),
      broken: () => assertLessOrEqual(2, 1),
      text: "Expect 2 <= 1",
    },
    {
      name: "assertInstanceOf",
      holds: () => assertInstanceOf(new TypeError(), Error),
      broken: () => assertInstanceOf(new Error(), TypeError),
      text: '"TypeError" but was "Error"',
    },
    {
      name: "assertStringIncludes",
      holds: () => assertStringIncludes("abc", "b"),
      broken: () => assertStringIncludes("abc", "d"),
      text: 'to contain: "d"',
    },
    {
      name: "assertMatch",
      holds: () => assertMatch("abc", /b./),
      broken: () => assertMatch("abc", /^b/),
      text: "to match: /^b/",
    },
    {
      name: "fail",
      holds: () => {},
      broken: () => fail("why"),
      text: "Failed assertion: why",
    },
  ]
) {
  Deno.test(`${name}() holds and breaks`, () => {
    holds();
    assertThrows(broken, AssertionError, text);
  });
}

Deno.test("assertThrows() returns what was thrown", () => {
  assertEquals(
    assertThrows(() => {
      throw new RangeError("far");
    }, RangeError).message,
    "far",
  );
  assertEquals(
    assertThrows(() => {
      // deno-lint-ignore no-throw-literal
      throw 7;
    }),
    7,
  );
});

Deno.test("assertThrows() rejects silence, another class and another message", () => {
  const tooFar = () => {
    throw new RangeError("far");
  };
  assertThrows(
    () => assertThrows(() => {}),
    AssertionError,
    "Expected function to throw",
  );
  assertThrows(
    () => assertThrows(tooFar, TypeError),
    AssertionError,
    '"TypeError", but was "RangeError"',
  );
  assertThrows(
    () => assertThrows(tooFar, RangeError, "near"),
    AssertionError,
    '"near", but got "far"',
  );
});

Deno.test("assertRejects() returns what it rejected with", async () => {
  const error = await assertRejects(
    () => Promise.reject(new RangeError("far")),
    RangeError,
    "far",
  );
  assertEquals(error.message, "far");
});

Deno.test("assertRejects() rejects a value, a synchronous throw and another class", async () => {
  await assertRejects(
    () => assertRejects(() => Promise.resolve(1)),
    AssertionError,
    "Expected function to reject",
  );
  await assertRejects(
    () =>
      assertRejects(() => {
        throw new Error("early");
      }),
    AssertionError,
    "throws when expected to reject",
  );
  await assertRejects(
    () => assertRejects(() => Promise.reject(new Error("x")), TypeError),
    AssertionError,
    '"TypeError", but was "Error"',
  );
});
