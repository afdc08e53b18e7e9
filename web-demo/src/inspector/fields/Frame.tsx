import { useId, type ReactNode } from "react";
import { FieldProblems } from "./FieldProblems";

interface Properties {
  label: string;
  help?: ReactNode;
  pointer?: string;
  /** Beside the label. */
  side?: ReactNode;
  hideLabel?: boolean;
  children: (attributes: { id: string; "aria-describedby"?: string }) => ReactNode;
}

/** A label, a control, one line of help, and what is wrong with it. */
export function Frame({ label, help, pointer, side, hideLabel, children }: Properties) {
  const id = useId();
  return (
    <div className="field" data-path={pointer}>
      <div className={hideLabel ? "vh" : "lab"}>
        <label htmlFor={id}>{label}</label>
        {side}
      </div>
      {children(help ? { id, "aria-describedby": `${id}-help` } : { id })}
      {help ? (
        <p className="help" id={`${id}-help`}>
          {help}
        </p>
      ) : null}
      {pointer === undefined ? null : <FieldProblems pointer={pointer} />}
    </div>
  );
}
