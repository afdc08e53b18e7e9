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
  // The longest common sequence, from the end.
  const length = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number) => length[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) (length[i] as Uint16Array)[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const pieces: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push({ text: a[i] as string, sign: " " });
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      pieces.push({ text: a[i] as string, sign: "-" });
      i += 1;
    } else {
      pieces.push({ text: b[j] as string, sign: "+" });
      j += 1;
    }
  }
  return joined(pieces);
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
