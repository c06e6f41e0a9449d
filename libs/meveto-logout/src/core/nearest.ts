/** How many letters are inserted, left out or replaced between two words (Levenshtein distance). */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let index = 0; index < from.length; index += 1) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + (from[index] === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/**
 * The most similar candidate; undefined if more than a third of the letters differ. Ignores letter case.
 * Of several equally similar candidates, the first.
 */
export function nearest<T>(
  word: string,
  candidates: readonly T[],
  wordOf: (candidate: T) => string,
): T | undefined {
  const measured = candidates.map((candidate) => ({
    candidate,
    steps: distance(word.toLowerCase(), wordOf(candidate).toLowerCase()),
  }));
  const best = measured.reduce<(typeof measured)[number] | undefined>(
    (best, each) => (best === undefined || each.steps < best.steps ? each : best),
    undefined,
  );
  return best !== undefined && best.steps <= Math.max(1, Math.floor(word.length / 3))
    ? best.candidate
    : undefined;
}
