import { AssertionError } from "./assertion_error.ts";

/** What an `if` takes for false. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

/** Claims that a value is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Claims that a value is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}
