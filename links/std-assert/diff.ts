/** Above this many line pairs both texts are shown whole: the table would be too large. */
const MAX_PAIRS = 1_000_000;

/**
 * Shows how `actual` differs from `expected`, line by line: `-` is what was there,
 * `+` is what should have been there.
 */
export function diff(actual: string, expected: string): string {
  const left = actual.split("\n");
  const right = expected.split("\n");
  const lines = left.length * right.length > MAX_PAIRS
    ? [...left.map((line) => `-   ${line}`), ...right.map((l) => `+   ${l}`)]
    : merge(left, right);
  return ["[Diff] - Actual / + Expected", "", ...lines].join("\n");
}

function merge(left: readonly string[], right: readonly string[]): string[] {
  const common = commonLengths(left, right);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && left[i] === right[j]) {
      lines.push(`    ${left[i++]}`);
      j++;
    } else if (
      j >= right.length ||
      (i < left.length && common[i + 1]![j]! >= common[i]![j + 1]!)
    ) {
      lines.push(`-   ${left[i++]}`);
    } else {
      lines.push(`+   ${right[j++]}`);
    }
  }
  return lines;
}

/** `[i][j]`: length of the longest common subsequence from line i and line j on. */
function commonLengths(
  left: readonly string[],
  right: readonly string[],
): Uint32Array[] {
  const table = Array.from(
    { length: left.length + 1 },
    () => new Uint32Array(right.length + 1),
  );
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      table[i]![j] = left[i] === right[j]
        ? table[i + 1]![j + 1]! + 1
        : Math.max(table[i + 1]![j]!, table[i]![j + 1]!);
    }
  }
  return table;
}
