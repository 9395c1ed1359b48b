import { AssertionError } from "./assertion_error.ts";
import { diff } from "./diff.ts";
import { equal } from "./equal.ts";
import { inspect, suffix } from "./inspect.ts";

/** Claims that two values are the same in depth; shows the difference if not. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffix(msg)}\n\n${
      diff(inspect(actual), inspect(expected))
    }`,
  );
}

/** Claims that two values differ somewhere. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} not to be: ${inspect(expected)}${
      suffix(msg)
    }`,
  );
}

/** Claims that two values are one and the same, as `Object.is` tells. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const left = inspect(actual);
  const right = inspect(expected);
  throw new AssertionError(
    left === right
      ? `Values have the same structure but are not reference-equal${
        suffix(msg)
      }\n\n${left}`
      : `Values are not strictly equal${suffix(msg)}\n\n${diff(left, right)}`,
  );
}
