/** What differs between two texts, word by word. */

export interface Piece {
  text: string;
  sign: " " | "+" | "-";
}

/** Longer texts are shown as a whole: nobody reads their words one by one. */
const MOST = 400;

export function wordDiff(old: string, now: string): Piece[] {
  const a = old.match(/\s+|[^\s]+/g) ?? [];
  const b = now.match(/\s+|[^\s]+/g) ?? [];
  if (a.length > MOST || b.length > MOST) return joined([...(old === "" ? [] : [{ text: old, sign: "-" as const }]), { text: now, sign: "+" }]);
  return joined(aligned(a, b).map(({ sign, at }) => ({ text: (sign === "+" ? b[at] : a[at]) as string, sign })));
}

/** How a list became another: what stayed (`at` is its place in the old one), went (there as well), or came (in the new one). */
export function aligned(a: readonly string[], b: readonly string[]): { sign: Piece["sign"]; at: number }[] {
  // The longest common sequence, from the end.
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number) => length[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) (length[i] as Uint16Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const steps: { sign: Piece["sign"]; at: number }[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      steps.push({ sign: " ", at: i });
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      steps.push({ sign: "-", at: i });
      i += 1;
    } else {
      steps.push({ sign: "+", at: j });
      j += 1;
    }
  }
  return steps;
}

function joined(pieces: readonly Piece[]): Piece[] {
  const made: Piece[] = [];
  for (const piece of pieces) {
    const last = made.at(-1);
    if (last?.sign === piece.sign) last.text += piece.text;
    else made.push({ ...piece });
  }
  return made;
}
