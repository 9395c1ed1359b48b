/**
 * Whether two secrets are equal, in time that depends only on the length of the
 * given one: an early exit would tell an attacker how much of a guess was
 * right.
 */
export function equalSecret(given: Uint8Array, expected: Uint8Array): boolean {
  let difference = given.length ^ expected.length;
  for (let i = 0; i < given.length; i++) {
    difference |= given[i]! ^ (expected[i % expected.length] ?? 0);
  }
  return difference === 0;
}
