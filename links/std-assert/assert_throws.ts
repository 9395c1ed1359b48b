import { AssertionError } from "./assertion_error.ts";
import { inspect, suffix } from "./inspect.ts";

/** A class of errors. */
// deno-lint-ignore no-explicit-any
export type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Claims that a function throws, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/**
 * Claims that a function throws an error of a class, with a text in its message,
 * and returns the error.
 */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
/** The two forms in one; see above. */
export function assertThrows(
  fn: () => unknown,
  classOrMessage?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const claim = readClaim(classOrMessage, msgIncludes, msg);
  try {
    fn();
  } catch (error) {
    return check(error, claim);
  }
  throw new AssertionError(
    `Expected function to throw${suffix(claim.message)}`,
  );
}

/** Claims that a promise rejects, and returns what it rejected with. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/**
 * Claims that a promise rejects with an error of a class, with a text in its
 * message, and returns the error.
 */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
/** The two forms in one; see above. */
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  classOrMessage?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const claim = readClaim(classOrMessage, msgIncludes, msg);
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix(claim.message)}`,
      { cause: error },
    );
  }
  try {
    await promise;
  } catch (error) {
    return check(error, claim);
  }
  throw new AssertionError(
    `Expected function to reject${suffix(claim.message)}`,
  );
}

interface Claim {
  errorClass?: ErrorClass<Error> | undefined;
  includes?: string | undefined;
  message?: string | undefined;
}

function readClaim(
  classOrMessage: ErrorClass<Error> | string | undefined,
  includes: string | undefined,
  message: string | undefined,
): Claim {
  return typeof classOrMessage === "string"
    ? { message: classOrMessage }
    : { errorClass: classOrMessage, includes, message };
}

function check(error: unknown, claim: Claim): unknown {
  const { errorClass, includes, message } = claim;
  if (errorClass === undefined) return error;
  if (!(error instanceof Error)) {
    throw new AssertionError(`A non-Error object was thrown${suffix(message)}`);
  }
  const kind = error.constructor.name;
  if (!(error instanceof errorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${errorClass.name}", but was "${kind}"${
        suffix(message)
      }`,
      { cause: error },
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    throw new AssertionError(
      `Expected error message to include ${inspect(includes)}, but got ${
        inspect(error.message)
      }${suffix(message)}`,
      { cause: error },
    );
  }
  return error;
}
