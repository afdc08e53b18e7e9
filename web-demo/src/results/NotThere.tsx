/** What is missing before there can be results. */
import { useSession } from "../server/session";
import { SignIn } from "../server/SignIn";

export function NotThere() {
  const who = useSession((state) => state.who);
  return (
    <div className="card not-there">
      <h2>Results come from a server</h2>
      <p className="t2">{who ? "This flow is not on a server yet. Publish it there; what people do in it is told here." : "Sign in where the flow is kept, to see what people did in it."}</p>
      {who ? null : <SignIn />}
    </div>
  );
}
