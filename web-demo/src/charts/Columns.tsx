/** Bars over time, and a line over time: one kind of figure each, so that no second scale has to be read. */
import { AxisBottom, AxisLeft } from "@visx/axis";
import { GridRows } from "@visx/grid";
import { scaleBand, scaleLinear } from "@visx/scale";
import { Bar, LinePath } from "@visx/shape";
import { useWide } from "./useWide";

export interface Moment {
  label: string;
  /** Undefined where there is nothing to tell. */
  value: number | undefined;
  title: string;
}

interface Properties {
  moments: readonly Moment[];
  as: "bars" | "line";
  /** The top of the scale; that of the largest value if none is given. */
  most?: number;
  figure: (value: number) => string;
}

const HIGH = 160;
const [LEFT, RIGHT, TOP, BOTTOM] = [52, 8, 10, 24];

export function Columns({ moments, as, most, figure }: Properties) {
  const [room, wide] = useWide();
  const across = scaleBand({ domain: moments.map((moment) => moment.label), range: [LEFT, Math.max(LEFT + 1, wide - RIGHT)], padding: 0.25 });
  const up = scaleLinear({ domain: [0, most ?? Math.max(1, ...moments.map((moment) => moment.value ?? 0))], range: [HIGH - BOTTOM, TOP], nice: most === undefined });
  const every = Math.max(1, Math.ceil(moments.length / Math.max(2, Math.floor((wide - LEFT) / 90))));
  const ticks = moments.filter((_, at) => at % every === 0).map((moment) => moment.label);
  const middle = (moment: Moment) => (across(moment.label) ?? 0) + across.bandwidth() / 2;
  const told = moments.filter((moment) => moment.value !== undefined);
  const scale = up.ticks(4).filter((tick) => most !== undefined || Number.isInteger(tick));
  return (
    <div ref={room}>
      {wide === 0 ? null : (
        <svg width={wide} height={HIGH} aria-hidden="true">
          <GridRows scale={up} left={LEFT} width={Math.max(0, wide - LEFT - RIGHT)} tickValues={scale} stroke="var(--c-line)" />
          {as === "bars"
            ? told.map((moment) => (
                <Bar key={moment.label} className="bar" x={across(moment.label) ?? 0} y={up(moment.value ?? 0)} width={across.bandwidth()} height={Math.max(0, HIGH - BOTTOM - up(moment.value ?? 0))} rx={Math.min(2, across.bandwidth() / 2)}>
                  <title>{moment.title}</title>
                </Bar>
              ))
            : null}
          {as === "line" ? (
            <>
              <LinePath data={told} x={middle} y={(moment) => up(moment.value ?? 0)} className="line" />
              {told.map((moment) => (
                <circle key={moment.label} className="dot" cx={middle(moment)} cy={up(moment.value ?? 0)} r={3.5}>
                  <title>{moment.title}</title>
                </circle>
              ))}
            </>
          ) : null}
          <AxisLeft scale={up} left={LEFT} tickValues={scale} tickFormat={(value) => figure(Number(value))} hideAxisLine hideTicks tickLabelProps={{ className: "tick", fill: "", fontFamily: "", fontSize: "", textAnchor: "end", dx: -4, dy: 4 }} />
          <AxisBottom scale={across} top={HIGH - BOTTOM} tickValues={ticks} stroke="var(--c-line-strong)" hideTicks tickLabelProps={{ className: "tick", fill: "", fontFamily: "", fontSize: "", textAnchor: "middle" }} />
        </svg>
      )}
    </div>
  );
}
