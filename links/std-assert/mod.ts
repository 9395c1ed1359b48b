/**
 * Stand-in for the parts of `@std/assert` that this project calls, for machines
 * that do not reach JSR. Same names, types and behavior; nothing beyond.
 *
 * @module
 */
export { AssertionError } from "./assertion_error.ts";
export {
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
} from "./assert_equals.ts";
export { assertMatch, assertStringIncludes } from "./assert_kind.ts";
export { assertRejects, assertThrows } from "./assert_throws.ts";
export { assert, assertFalse } from "./assert_truth.ts";
export type { Falsy } from "./assert_truth.ts";
