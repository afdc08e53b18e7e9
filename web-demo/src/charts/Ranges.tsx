/** Rates with the range that each lies in, told apart by shape, place and label, not by colour alone. */
import { scaleLinear } from "@visx/scale";
import { percent, share } from "../parts/figures";
import { useWide } from "./useWide";

export interface Range {
  label: string;
  rate: number;
  low: number;
  high: number;
}

const ROW = 46;
const [LEFT, RIGHT, BOTTOM] = [28, 20, 24];

export function Ranges({ ranges }: { ranges: readonly Range[] }) {
  const [room, wide] = useWide();
  const high = ranges.length * ROW + BOTTOM;
  const along = scaleLinear({ domain: [Math.min(...ranges.map((range) => range.low)), Math.max(...ranges.map((range) => range.high))], range: [LEFT, Math.max(LEFT + 1, wide - RIGHT)], nice: true });
  return (
    <div ref={room}>
      {wide === 0 ? null : (
        <svg width={wide} height={high} aria-hidden="true">
          {along.ticks(4).map((tick) => (
            <g key={tick}>
              <line className="grid" x1={along(tick)} x2={along(tick)} y1={4} y2={high - BOTTOM} />
              <text className="tick" x={along(tick)} y={high - 6} textAnchor="middle">
                {percent(tick * 100)}
              </text>
            </g>
          ))}
          {ranges.map(({ label, rate, low, high: end }, at) => (
            <g key={label} className={`range r${at % 4}`} transform={`translate(0, ${at * ROW + 28})`}>
              <text className="figure strong" x={0} y={4}>
                {label}
              </text>
              <line x1={along(low)} x2={along(end)} y1={0} y2={0} />
              <Mark at={at} x={along(rate)} />
              <text className="figure strong" x={along(rate)} y={-12} textAnchor="middle">
                {share(rate)}
              </text>
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

/** A circle, a diamond, a square, a triangle. */
function Mark({ at, x }: { at: number; x: number }) {
  if (at % 4 === 0) return <circle cx={x} cy={0} r={5.5} />;
  if (at % 4 === 3) return <polygon points={`${x - 6},5 ${x + 6},5 ${x},-6`} />;
  return <rect x={x - 5} y={-5} width={10} height={10} {...(at % 4 === 1 ? { transform: `rotate(45 ${x} 0)` } : {})} />;
}
