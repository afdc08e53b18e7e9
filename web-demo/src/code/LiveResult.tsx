import { useEffect, useState } from "react";
import { ask, type Refused } from "../engine/client";
import { usePreview } from "../state/preview";

type Result = { value: string; look: string; why?: string } | undefined;

/** What an expression comes to with the values of the preview as they are now. */
export function LiveResult({ expression, calculation }: { expression: string; calculation: boolean }) {
  const state = usePreview((preview) => preview.played?.scopes);
  const [result, setResult] = useState<Result>();
  useEffect(() => {
    if (expression.trim() === "" || !state) {
      setResult(undefined);
      return;
    }
    let wanted = true;
    const scopes = { user: {}, temp: {}, context: {}, ...state };
    ask("evaluate", expression, scopes).then(
      (value) => wanted && setResult(words(JSON.stringify(value), calculation)),
      (error: Refused) => wanted && setResult(error.code === "expression_syntax" ? { value: "not finished", look: "warn", why: error.message } : { value: "cannot tell yet", look: "out", why: error.message }),
    );
    return () => {
      wanted = false;
    };
  }, [expression, state, calculation]);
  return result ? (
    <span className={`pill ${result.look}`} title={result.why ?? "With the values of the preview as they are now"}>
      {result.value}
    </span>
  ) : null;
}

function words(value: string, calculation: boolean): Result {
  if (calculation) return { value: value.length > 24 ? `${value.slice(0, 24)}…` : value, look: "info" };
  return { value, look: value === "true" ? "ok" : value === "false" ? "out" : "info" };
}
