import { AssertionError } from "./assertion_error.ts";
import { inspect } from "./inspect.ts";

/** Claims `actual > expected`. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (actual > expected) return;
  throw broken(actual, ">", expected, msg);
}

/** Claims `actual >= expected`. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual >= expected) return;
  throw broken(actual, ">=", expected, msg);
}

/** Claims `actual < expected`. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (actual < expected) return;
  throw broken(actual, "<", expected, msg);
}

/** Claims `actual <= expected`. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  if (actual <= expected) return;
  throw broken(actual, "<=", expected, msg);
}

function broken(
  actual: unknown,
  relation: string,
  expected: unknown,
  msg: string | undefined,
): AssertionError {
  return new AssertionError(
    msg ?? `Expect ${inspect(actual)} ${relation} ${inspect(expected)}`,
  );
}
