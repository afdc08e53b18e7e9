import { lazy, Suspense } from "react";
import { Home } from "../flows/Home";
import { Keys } from "../palette/Keys";
import { Palette } from "../palette/Palette";
import { Picker } from "../palette/Picker";
import { Boundary } from "./Boundary";
import { Build } from "./Build";
import { useRoute } from "./route";
import { useKeys } from "./useKeys";
import { Voice } from "./Voice";

const Library = lazy(() => import("../content/Library"));
const Looks = lazy(() => import("../looks/Looks"));

export function App() {
  const route = useRoute();
  useKeys();
  return (
    <Boundary>
      {route.screen === "flows" ? <Home /> : route.screen === "library" ? (
        <Suspense fallback={<div className="app" aria-busy="true" />}>
          <Library id={route.item} />
        </Suspense>
      ) : route.screen === "looks" ? (
        <Suspense fallback={<div className="app" aria-busy="true" />}>
          <Looks id={route.look} />
        </Suspense>
      ) : <Build key={route.key} flowKey={route.key} step={route.step} results={route.results} />}
      <Palette />
      <Picker />
      <Keys />
      <Voice />
    </Boundary>
  );
}
