import { AssertionError } from "./assertion_error.ts";
import { inspect, suffix } from "./inspect.ts";

/** Any class, with or without a constructor that can be called. */
// deno-lint-ignore no-explicit-any
export type AnyConstructor = abstract new (...args: any[]) => any;

/** Claims that a value was made by a class or by one derived from it. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw new AssertionError(
    `Expected object to be an instance of "${expectedType.name}" but was "${
      kindOf(actual)
    }"${suffix(msg)}`,
  );
}

/** Claims that a text contains another one. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  if (actual.includes(expected)) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} to contain: ${inspect(expected)}${
      suffix(msg)
    }`,
  );
}

/** Claims that a pattern occurs in a text. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  if (actual.search(expected) !== -1) return;
  throw new AssertionError(
    `Expected actual: ${inspect(actual)} to match: ${inspect(expected)}${
      suffix(msg)
    }`,
  );
}

function kindOf(value: unknown): string {
  if (value === null || typeof value !== "object") {
    return value === null ? "null" : typeof value;
  }
  return value.constructor?.name ?? "Object";
}
