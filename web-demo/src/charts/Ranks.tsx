/** Bars from left to right, one below the other, each with its figure. */
import { scaleLinear } from "@visx/scale";
import { Bar } from "@visx/shape";
import { useWide } from "./useWide";

export interface Rank {
  key: string;
  label: string;
  value: number;
  figure: string;
  /** What stands out, and why. */
  note?: string | undefined;
}

const ROW = 28;
const FIGURE = 128;

/** Without `most`, the longest bar is that of the largest value. */
export function Ranks({ ranks, most }: { ranks: readonly Rank[]; most?: number }) {
  const [room, wide] = useWide();
  const names = Math.min(200, Math.round(wide * 0.34));
  const along = scaleLinear({ domain: [0, most ?? Math.max(1, ...ranks.map((rank) => rank.value))], range: [0, Math.max(0, wide - names - FIGURE)] });
  return (
    <div ref={room}>
      {wide === 0 ? null : (
        <svg width={wide} height={ranks.length * ROW} aria-hidden="true">
          {ranks.map(({ key, label, value, figure, note }, at) => (
            <g key={key} transform={`translate(0, ${at * ROW})`}>
              <foreignObject width={names - 10} height={ROW}>
                <p className="rank-name trunc">{label}</p>
              </foreignObject>
              <Bar className="track" x={names} y={7} width={Math.max(0, wide - names - FIGURE)} height={14} rx={3} />
              <Bar className="bar" x={names} y={7} width={along(value)} height={14} rx={3} />
              <text className={note === undefined ? "figure" : "figure noted"} x={wide - FIGURE + 8} y={18}>
                {note === undefined ? figure : `${figure} ${note}`}
              </text>
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}
