/** A published version as a picture, with what differs from another one; to be looked at only. */
import { Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { Maximize, Minus, Plus } from "lucide-react";
import { useMemo, type KeyboardEvent } from "react";
import { focusStory } from "../app/focus";
import { IconButton } from "../parts/IconButton";
import { lookAt, useMarks, type Marks } from "../state/marks";
import "../styles/canvas.css";
import { lineEdges, placesOf } from "./elements";
import { ghostEdges, ghostNodes, heightIn, placesAmong, seenNode, type SeenEdge } from "./ghosts";
import { SeenCard } from "./SeenCard";
import { SeenLine } from "./SeenLine";
import { along } from "./travel";
import { levelOf, useFit } from "./useFit";
import { useReveal } from "./useReveal";

const NODE_TYPES = { seen: SeenCard };
const EDGE_TYPES = { seen: SeenLine };

export default function ComparedCanvas() {
  const marks = useMarks((state) => state.marks);
  if (!marks?.fixed) return null;
  return (
    <ReactFlowProvider>
      <Inner marks={marks} fixed={marks.fixed} />
    </ReactFlowProvider>
  );
}

function Inner({ marks, fixed: { flow, document } }: { marks: Marks; fixed: NonNullable<Marks["fixed"]> }) {
  const { ghosts, steps } = marks;
  const places = useMemo(() => placesAmong(flow, document, placesOf(flow, document), ghosts), [flow, document, ghosts]);
  const nodes = useMemo(() => [...flow.steps.map((step) => seenNode(flow, step, places.get(step.id) ?? { x: 0, y: 0 }, steps.get(step.id))), ...ghostNodes(ghosts, places, steps)], [flow, places, ghosts, steps]);
  const edges = useMemo(() => {
    const own = lineEdges(flow, places, new Set(), undefined, marks.lines).map(({ data, ...edge }): SeenEdge => ({ ...edge, type: "seen", data: { label: data?.label ?? "", side: data?.side ?? false, outer: data?.outer ?? 0, mark: data?.mark } }));
    return [...own, ...ghostEdges(flow, ghosts, places)];
  }, [flow, places, ghosts, marks.lines]);
  const { zoomIn, zoomOut } = useReactFlow();
  const fit = useFit(places, useMemo(() => heightIn(flow, ghosts), [flow, ghosts]));
  const level = useStore(levelOf);
  useReveal(places);
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest(".cbar")) return;
    const id = target.dataset.seen;
    const goal = id === undefined || !event.key.startsWith("Arrow") ? undefined : along(flow.byId.has(id) ? flow : ghosts.flow, id, event.key);
    const keys: Record<string, () => void> = { "1": () => fit(), "+": () => void zoomIn(), "-": () => void zoomOut() };
    const zoom = keys[event.key];
    if (!zoom && !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    if (zoom) return zoom();
    if (goal === undefined || !places.has(goal)) return;
    lookAt(goal);
    focusStory(goal);
  };
  return (
    <div className="canvas marking" role="application" aria-label={`${marks.title}. Arrow keys go along the lines.`} data-fixed="canvas" data-level={level} onKeyDown={onKeyDown}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        onlyRenderVisibleElements
        minZoom={0.08}
        maxZoom={1.6}
        fitView
        fitViewOptions={{ maxZoom: 1, minZoom: 0.5, padding: 0.1 }}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} color="var(--c-canvas-dot)" />
        {flow.steps.length > 6 ? <MiniMap className="mini" pannable zoomable ariaLabel="Overview" nodeColor={(node) => `var(--k-${flow.byId.get(node.id)?.kind ?? "script"})`} nodeBorderRadius={24} maskColor="color-mix(in srgb, var(--c-canvas) 70%, transparent)" bgColor="var(--c-surface)" /> : null}
      </ReactFlow>
      <div className="cbar" role="toolbar" aria-label="Canvas">
        <IconButton icon={Maximize} size="sm" label="Fit to view" hotkey="1" onClick={() => fit()} />
        <IconButton icon={Minus} size="sm" label="Zoom out" onClick={() => void zoomOut()} />
        <IconButton icon={Plus} size="sm" label="Zoom in" onClick={() => void zoomIn()} />
      </div>
    </div>
  );
}
