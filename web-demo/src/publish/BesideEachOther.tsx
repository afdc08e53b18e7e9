/** Rules and expressions as they were, and as they are, side by side. */
import type { Expression, Pair } from "../model/ruleDiff";
import { wordDiff, type Piece } from "../model/wordDiff";

export function BesideEachOther({ pairs }: { pairs: readonly Pair[] }) {
  return (
    <table className="beside">
      <thead>
        <tr>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {pairs.map(({ old, now }, index) => {
          const pieces = wordDiff(old?.text ?? "", now?.text ?? "");
          return (
            <tr key={index}>
              <Side of={old} other={now} pieces={pieces.filter((piece) => piece.sign !== "+")} none="Not there" />
              <Side of={now} other={old} pieces={pieces.filter((piece) => piece.sign !== "-")} none="Gone" />
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Side({ of, other, pieces, none }: { of: Expression | undefined; other: Expression | undefined; pieces: readonly Piece[]; none: string }) {
  if (!of) return <td className="t3">{none}</td>;
  return (
    <td>
      {of.name === "" ? null : (
        <span className="sm t2">
          {of.number}. {of.name}
        </span>
      )}
      <code>
        {pieces.map((piece, index) =>
          piece.sign === " " ? <span key={index}>{piece.text}</span> : piece.sign === "+" ? <ins key={index}>{piece.text}</ins> : <del key={index}>{piece.text}</del>,
        )}
      </code>
      {of.leads === "" ? null : <span className={`sm ${other !== undefined && other.leads !== of.leads ? "m" : "t2"}`}>→ {of.leads}</span>}
    </td>
  );
}
