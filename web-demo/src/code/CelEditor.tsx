/** One line of an expression that grows. Tab leaves it; Ctrl+Space opens completion. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { complete } from "./complete";
import { cel, colours } from "./language";
import { setMarks, underlined, type Mark } from "./marks";

const LOOK = EditorView.theme({
  "&": { border: "1px solid var(--c-line-strong)", borderRadius: "var(--r-2)", background: "var(--c-surface)", color: "var(--c-text)" },
  "&.cm-focused": { outline: "none", borderColor: "var(--c-accent)", boxShadow: "0 0 0 1px var(--c-accent)" },
  ".cm-scroller": { font: "var(--t-code)", lineHeight: "18px", fontVariantLigatures: "none" },
  ".cm-content": { padding: "6px 4px", caretColor: "var(--c-text)", minHeight: "30px" },
  ".cm-tooltip": { background: "var(--c-surface)", color: "var(--c-text)", border: "1px solid var(--c-line)", borderRadius: "var(--r-2)", boxShadow: "var(--e-3)" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--f-code)", fontSize: "12px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--c-accent-soft)", color: "var(--c-text)" },
  ".cm-completionDetail": { color: "var(--c-text-3)", fontStyle: "normal" },
  ".cm-wrong": { textDecoration: "underline wavy var(--c-danger)", textUnderlineOffset: "3px", textDecorationSkipInk: "none" },
  ".cm-wrong.warning": { textDecorationColor: "var(--c-warn)" },
  "&.cm-focused .cm-matchingBracket": { background: "var(--c-accent-soft)" },
});

interface Properties {
  value: string;
  onChange: (value: string) => void;
  labelledBy: string;
  /** What is wrong in it. */
  marks: readonly Mark[];
}

export default function CelEditor({ value, onChange, labelledBy, marks }: Properties) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const change = useRef(onChange);
  change.current = onChange;

  useEffect(() => {
    const editor = new EditorView({
      parent: host.current as HTMLElement,
      state: EditorState.create({
        doc: value,
        extensions: [
          // Enter takes a completion, but makes no new line.
          keymap.of([...completionKeymap, { key: "Enter", run: () => true }, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap]),
          history(),
          closeBrackets(),
          bracketMatching(),
          autocompletion({ override: [complete], icons: false }),
          cel,
          colours,
          underlined,
          LOOK,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-labelledby": labelledBy, spellcheck: "false" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.every((transaction) => transaction.isUserEvent("outside"))) change.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
    // The editor is made once; what comes from outside is written below.
  }, [labelledBy]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value }, userEvent: "outside" });
  }, [value]);

  useEffect(() => view.current?.dispatch({ effects: setMarks.of(marks) }), [marks, value]);

  return <div ref={host} />;
}
