/** The value in the middle; of an even count, the lower of the two. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value that `part` (0 to 1) of all values do not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? NaN;
}

/**
 * Measures each of `subjects` in turn, `rounds` times (A B A B A B), so that
 * what the machine does beside touches all of them.
 *
 * @returns The results of each subject, in the order of `subjects`.
 */
export async function alternately<S, R>(
  subjects: readonly S[],
  rounds: number,
  measure: (subject: S) => Promise<R>,
): Promise<R[][]> {
  const results = subjects.map((): R[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      results[index]!.push(await measure(subject));
    }
  }
  return results;
}
