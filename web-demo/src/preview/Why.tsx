import { Check, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { Explanation, Visit } from "../engine/protocol";
import { firstText, isObject, type Json } from "../model/json";
import { explain } from "../state/preview";

/** Why a condition went its way: each rule that was looked at, with the values of its parts and the step that set them. */
export function Why({ visit, number }: { visit: Visit; number: number }) {
  const list = Array.isArray(visit.details.conditions_evaluated) ? visit.details.conditions_evaluated.filter(isObject) : [];
  const matched = visit.details.matched_condition_index;
  return (
    <ul className="why" aria-label="Why it went this way">
      {list.map((rule, index) => (
        <Rule key={index} rule={rule.expression ?? null} error={firstText(rule.error)} holds={rule.result === true} number={number} />
      ))}
      {matched === null ? <li className="taken">Otherwise</li> : null}
    </ul>
  );
}

function Rule({ rule, holds, error, number }: { rule: Json; holds: boolean; error: string | undefined; number: number }) {
  const [found, setFound] = useState<Explanation>();
  useEffect(() => {
    let wanted = true;
    explain(rule, number).then(
      (explanation) => wanted && setFound(explanation),
      () => undefined,
    );
    return () => {
      wanted = false;
    };
  }, [rule, number]);
  return (
    <li className={holds ? "taken" : undefined}>
      <p className="rule">
        <span>{typeof rule === "string" ? rule : JSON.stringify(rule)}</span>
        <span className={`pill ${holds ? "ok" : "out"}`}>
          {holds ? <Check className="s12" aria-hidden="true" /> : <X className="s12" aria-hidden="true" />}
          {holds ? "yes" : "no"}
        </span>
      </p>
      {error === undefined ? null : <p className="sm t2">{error}</p>}
      {found && found.variables.length > 0 ? (
        <table>
          <tbody>
            {found.variables.map((variable) => (
              <tr key={variable.path}>
                <td>{variable.path}</td>
                <td>{variable.value === undefined ? "not known yet" : JSON.stringify(variable.value)}</td>
                <td>{variable.set_by ? (variable.set_by.given ? "from the start" : `set in step ${variable.set_by.step}`) : ""}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
    </li>
  );
}
