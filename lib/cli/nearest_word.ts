/**
 * Finds the word that was probably meant.
 *
 * @param typed The word as typed.
 * @param words The valid words.
 * @returns The word with the fewest edits, or `undefined` if none is near.
 */
export function nearestWord(
  typed: string,
  words: readonly string[],
): string | undefined {
  // With more edits than a third of its length it is another word, not a typo.
  let best = Math.max(1, Math.floor(typed.length / 3)) + 1;
  let nearest: string | undefined;
  for (const word of words) {
    const edits = editDistance(typed, word);
    if (edits < best) {
      best = edits;
      nearest = word;
    }
  }
  return nearest;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const swap = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
