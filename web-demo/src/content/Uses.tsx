/** Where items are used, told before they are deleted. */
import type { Use } from "../model/uses";

const MOST = 8;

export function Uses({ uses, titleOf }: { uses: readonly Use[]; titleOf?: (id: string) => string }) {
  return (
    <ul className="uses">
      {uses.slice(0, MOST).map(({ item, flow, step, published }, index) => (
        <li key={index}>
          {titleOf ? <span className="t2">“{titleOf(item)}”: </span> : null}
          {flow} › {step.title}
          {published ? <span className="pill ok">Published</span> : null}
        </li>
      ))}
      {uses.length > MOST ? <li className="t2">and {uses.length - MOST} more places</li> : null}
    </ul>
  );
}
