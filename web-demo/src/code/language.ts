/** How expressions look: only for colours, the engine alone says what they mean. */
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const WORDS = new Set(["true", "false", "null", "in", "has"]);

export const cel = StreamLanguage.define({
  name: "cel",
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)/)) return "string";
    if (stream.match(/^\d+(?:\.\d+)?(?:[eE][+-]?\d+)?u?/)) return "number";
    const word = stream.match(/^[A-Za-z_]\w*/);
    if (word) {
      if (WORDS.has((word as RegExpMatchArray)[0])) return "keyword";
      return stream.match(/^\s*\(/, false) ? "variableName.function" : "variableName";
    }
    stream.next();
    return "operator";
  },
});

export const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: tags.string, color: "var(--c-ok-text)" },
    { tag: tags.number, color: "var(--c-warn-text)" },
    { tag: tags.keyword, color: "var(--k-question)" },
    { tag: tags.variableName, color: "var(--c-text)" },
    { tag: tags.function(tags.variableName), color: "var(--c-info-text)" },
    { tag: tags.operator, color: "var(--c-text-2)" },
  ]),
);
