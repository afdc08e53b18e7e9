/** Where an author is: the way from all flows to this screen. */
import { ChevronRight, Waypoints } from "lucide-react";
import type { ReactNode } from "react";

/** `children` are the places between, each with a {@link Then} after it. */
export function Breadcrumb({ here, children }: { here: string; children?: ReactNode }) {
  return (
    <>
      <a className="home" href="#/" aria-label="All flows">
        <Waypoints aria-hidden="true" />
      </a>
      <nav className="crumb" aria-label="Breadcrumb">
        <a href="#/">Flows</a>
        <Then />
        {children}
        <h1>{here}</h1>
      </nav>
    </>
  );
}

export function Then() {
  return <ChevronRight className="s14 t3" aria-hidden="true" />;
}
