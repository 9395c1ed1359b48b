import {
  assert,
  assertEquals,
  assertFalse,
  AssertionError,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
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
      name: "assertStringIncludes",
      holds: () => assertStringIncludes("abc", "b"),
      broken: () => assertStringIncludes("abc", "d"),
      text: 'to contain: "d"',
    },
    {
      name: "assertMatch",
      holds: () => assertMatch("abc", /b./),
      broken: () => assertMatch("abc", /^b/),
      text: 'to match: "/^b/"',
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
