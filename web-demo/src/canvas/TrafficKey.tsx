/** What the widths and marks on the canvas mean while it shows how many people came, or why it does not show it yet. */
import { TrendingUp } from "lucide-react";
import { count, share } from "../parts/figures";
import { inResults, toggleResults } from "../palette/actions";
import { useSession } from "../server/session";
import { useResults } from "../state/results";

export function TrafficKey() {
  const { shown, traffic, trouble } = useResults();
  const who = useSession((state) => state.who);
  if (!shown) return null;
  if (traffic && traffic.total > 0) {
    return (
      <div className="traffic-key">
        <p className="row">
          <svg width="64" height="14" aria-hidden="true">
            <polygon points="0,6.5 64,1 64,13 0,7.5" />
          </svg>
          <span className="num">0 to {count(traffic.total)} conversations</span>
        </p>
        <p className="row">
          <span className="badge-right stays unusual">
            <TrendingUp className="s12" aria-hidden="true" />
            {share(traffic.usual)} +
          </span>
          more than usual go no further
        </p>
      </div>
    );
  }
  if (traffic) return <p className="traffic-key">No conversations on these days</p>;
  if (trouble) return <p className="traffic-key">{trouble.text}</p>;
  // Where the results are, there is the form to sign in.
  if (who || inResults()) return null;
  return (
    <p className="traffic-key">
      <button type="button" className="link" onClick={toggleResults}>
        Sign in
      </button>
      to see how many people came
    </p>
  );
}
