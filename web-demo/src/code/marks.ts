/** Underlines what is wrong in an expression, where it is. */
import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";

export interface Mark {
  from: number;
  to: number;
  message: string;
  severity: string;
}

export const setMarks = StateEffect.define<readonly Mark[]>();

export const underlined = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    let marks = before.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(setMarks)) marks = drawn(effect.value, transaction.newDoc.length);
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

function drawn(marks: readonly Mark[], length: number): DecorationSet {
  const within = marks.filter((mark) => mark.from < mark.to && mark.to <= length).toSorted((a, b) => a.from - b.from);
  return Decoration.set(within.map((mark) => Decoration.mark({ class: `cm-wrong ${mark.severity}`, attributes: { title: mark.message } }).range(mark.from, mark.to)));
}
