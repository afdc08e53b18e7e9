/** What the widths and marks on the canvas mean while it shows how many people came. */
import { TrendingUp } from "lucide-react";
import { count, share } from "../parts/figures";
import { useTraffic } from "../state/results";

export function TrafficKey() {
  const traffic = useTraffic((all) => all);
  if (!traffic) return null;
  if (traffic.total === 0) return <p className="traffic-key">No conversations on these days</p>;
  return (
    <div className="traffic-key">
      <p className="row">
        <svg width="64" height="14" aria-hidden="true">
          <polygon points="0,6.5 64,1 64,13 0,7.5" />
        </svg>
        <span className="num">0 to {count(traffic.total)} conversations</span>
      </p>
      <p className="row">
        <span className="badge-right stays more">
          <TrendingUp className="s12" aria-hidden="true" />
          {share(traffic.usual)} +
        </span>
        more leave than usual
      </p>
    </div>
  );
}
