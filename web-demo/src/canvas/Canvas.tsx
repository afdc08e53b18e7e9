/** The flow as a picture: cards from top to bottom, lines between them. */
import { applyNodeChanges, Background, BackgroundVariant, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, useStore, type NodeChange, type OnConnectEnd } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useShallow } from "zustand/react/shallow";
import { CARD_WIDTH } from "../model/card";
import { moveSteps } from "../model/commands/places";
import type { Flow } from "../model/flow";
import { waysOf } from "../model/ways";
import { addAfter, connectTo } from "../palette/actions";
import { run, select, useEditor } from "../state/editor";
import { linesTaken } from "../preview/progress";
import { lookAt, useMarks } from "../state/marks";
import { usePreview } from "../state/preview";
import { focusStory } from "../app/focus";
import "../styles/canvas.css";
import { CanvasBar } from "./CanvasBar";
import { TrafficKey } from "./TrafficKey";
import { lineEdges, placesOf, stepNodes, type LineEdge, type StepNode } from "./elements";
import { ghostEdges, ghostNodes, heightIn, placesAmong, type SeenEdge, type SeenNode } from "./ghosts";
import { LineView } from "./LineView";
import { SeenCard } from "./SeenCard";
import { SeenLine } from "./SeenLine";
import { StepCard } from "./StepCard";
import { along } from "./travel";
import { levelOf, useFit } from "./useFit";
import { useReveal } from "./useReveal";

const NODE_TYPES = { step: StepCard, seen: SeenCard };
const EDGE_TYPES = { line: LineView, seen: SeenLine };
const NO_GHOSTS: { nodes: SeenNode[]; edges: SeenEdge[] } = { nodes: [], edges: [] };

export default function Canvas() {
  return (
    <ReactFlowProvider>
      <Inner />
    </ReactFlowProvider>
  );
}

function Inner() {
  const flow = useEditor((state) => state.flow) as Flow;
  const document = useEditor((state) => state.history?.document) ?? null;
  const selection = useEditor((state) => state.selection);
  const taken = usePreview(useShallow((state) => linesTaken(state.played, state.head)));
  const marks = useMarks((state) => state.marks);
  const places = useMemo(() => placesOf(flow, document), [flow, document]);
  const cache = useRef<ReadonlyMap<string, StepNode>>(new Map());
  const made = useMemo(() => {
    const list = stepNodes(flow, places, selection, cache.current);
    cache.current = new Map(list.map((node) => [node.id, node]));
    return list;
  }, [flow, places, selection]);
  const [nodes, setNodes] = useState<StepNode[]>(made);
  useEffect(() => setNodes(made), [made]);
  const known = useRef<ReadonlyMap<string, LineEdge>>(new Map());
  const edges = useMemo(() => {
    const list = lineEdges(flow, places, new Set(taken), known.current, marks?.lines);
    known.current = new Map(list.map((edge) => [edge.id, edge]));
    return list;
  }, [flow, places, taken, marks?.lines]);
  // What the flow does not have stands among what it has, and cannot be changed.
  const ghosts = marks?.ghosts;
  const all = useMemo(() => (ghosts ? placesAmong(flow, document, places, ghosts) : places), [flow, document, places, ghosts]);
  const gone = useMemo(() => (marks && ghosts ? { nodes: ghostNodes(ghosts, all, marks.steps), edges: ghostEdges(flow, ghosts, all) } : NO_GHOSTS), [flow, all, marks, ghosts]);
  const { screenToFlowPosition, zoomIn, zoomOut, zoomTo } = useReactFlow();
  const fit = useFit(all, useMemo(() => heightIn(flow, ghosts), [flow, ghosts]));
  const level = useStore(levelOf);
  useReveal(all);

  const onNodesChange = (changes: NodeChange<StepNode | SeenNode>[]) => {
    const chosen = changes.filter((change) => change.type === "select");
    if (chosen.length > 0) {
      const now = new Set(useEditor.getState().selection);
      for (const change of chosen) {
        if (change.selected) now.add(change.id);
        else now.delete(change.id);
      }
      select([...now]);
    }
    const moves = changes.filter((change) => change.type === "position" && change.dragging);
    if (moves.length > 0) setNodes((list) => applyNodeChanges(moves, list) as StepNode[]);
  };

  const onMoved = (_: unknown, __: unknown, moved: (StepNode | SeenNode)[]) => {
    const next = new Map(places);
    const real = moved.filter((node) => {
      const old = places.get(node.id);
      return !old || Math.abs(old.x - node.position.x) > 1 || Math.abs(old.y - node.position.y) > 1;
    });
    if (real.length === 0) return setNodes(made);
    for (const node of real) next.set(node.id, node.position);
    run(moveSteps(flow, next, real.length === 1 ? "Move a step" : `Move ${real.length} steps`));
  };

  const onConnectEnd: OnConnectEnd = (event, state) => {
    const way = wayAt(flow, state.fromNode?.id, state.fromHandle?.id);
    if (!way || !state.fromNode || state.fromHandle?.type !== "source") return;
    const point = "changedTouches" in event ? (event.changedTouches[0] as Touch) : event;
    const over = (globalThis.document.elementFromPoint(point.clientX, point.clientY) as Element | null)?.closest<HTMLElement>("[data-step]")?.dataset.step;
    if (over !== undefined) connectTo(state.fromNode.id, way, over);
    else {
      const at = screenToFlowPosition({ x: point.clientX, y: point.clientY });
      const free = { x: Math.round(at.x - CARD_WIDTH / 2), y: Math.round(at.y) };
      addAfter({ source: state.fromNode.id, type: way.type }, useEditor.getState().flow && isPlaced(places, flow) ? free : undefined);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const id = useEditor.getState().selection[0] ?? flow.entry;
    const target = event.target as Element;
    if (id === undefined || event.ctrlKey || event.metaKey || target.closest(".cbar")) return;
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      if (event.altKey) {
        const by = event.shiftKey ? 100 : 20;
        const step = { ArrowUp: [0, -by], ArrowDown: [0, by], ArrowLeft: [-by, 0], ArrowRight: [by, 0] }[event.key] as [number, number];
        const next = new Map(places);
        for (const each of useEditor.getState().selection) {
          const place = places.get(each);
          if (place) next.set(each, { x: place.x + step[0], y: place.y + step[1] });
        }
        run(moveSteps(flow, next, "Move a step", `move ${useEditor.getState().selection.join(" ")}`));
        return;
      }
      const at = useMarks.getState().at;
      const goal = at !== undefined && ghosts ? along(ghosts.flow, at, event.key) : along(flow, id, event.key);
      if (goal === undefined || !all.has(goal)) return;
      lookAt(goal);
      focusStory(goal);
      return;
    }
    const zooms: Record<string, () => void> = {
      "0": () => void zoomTo(1),
      "1": () => fit(),
      "2": () => fit(useEditor.getState().selection),
      "+": () => void zoomIn(),
      "-": () => void zoomOut(),
      Escape: () => select([]),
    };
    const zoom = zooms[event.key];
    if (!zoom) return;
    event.preventDefault();
    zoom();
  };

  return (
    <div className={marks ? "canvas marking" : "canvas"} role="application" aria-label="Canvas. Arrow keys go along the lines." data-story="canvas" data-level={level} onKeyDown={onKeyDown}>
      <ReactFlow
        nodes={gone === NO_GHOSTS ? nodes : [...nodes, ...gone.nodes]}
        edges={gone === NO_GHOSTS ? edges : [...edges, ...gone.edges]}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onNodeDragStop={onMoved}
        onSelectionDragStop={(event, moved) => onMoved(event, undefined, moved)}
        onNodeClick={(_, node) => node.type === "step" && (globalThis.document.querySelector(`.canvas [data-step="${CSS.escape(node.id)}"]`) as HTMLElement | null)?.focus({ preventScroll: true })}
        onConnectEnd={onConnectEnd}
        onPaneClick={() => select([])}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={["Shift", "Meta", "Control"]}
        onlyRenderVisibleElements
        nodeDragThreshold={4}
        connectionRadius={28}
        minZoom={0.08}
        maxZoom={1.6}
        fitView
        fitViewOptions={{ maxZoom: 1, minZoom: 0.7, nodes: startOf(flow), padding: 0.2 }}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} color="var(--c-canvas-dot)" />
        {flow.steps.length > 6 ? <MiniMap className="mini" pannable zoomable ariaLabel="Overview" nodeColor={(node) => `var(--k-${flow.byId.get(node.id)?.kind ?? "script"})`} nodeBorderRadius={24} maskColor="color-mix(in srgb, var(--c-canvas) 70%, transparent)" bgColor="var(--c-surface)" /> : null}
      </ReactFlow>
      {flow.steps.length === 0 ? (
        <div className="empty first-step">
          <p>This flow has no steps yet.</p>
          <button type="button" className="btn pri" onClick={() => addAfter()}>
            Add the first message
          </button>
        </div>
      ) : null}
      <TrafficKey />
      <CanvasBar fit={fit} />
    </div>
  );
}

/** What is shown at first: the start and what comes next. */
function startOf(flow: Flow): { id: string }[] {
  const { selection } = useEditor.getState();
  const first = selection[0] ?? flow.entry ?? flow.steps[0]?.id;
  if (first === undefined) return [];
  const ids = [first];
  for (let id = along(flow, first, "ArrowDown"); id !== undefined && ids.length < 4 && !ids.includes(id); id = along(flow, id, "ArrowDown")) ids.push(id);
  const aside = ids.map((id) => along(flow, id, "ArrowRight")).filter((id) => id !== undefined);
  return [...new Set([...ids, ...aside])].map((id) => ({ id }));
}

function wayAt(flow: Flow, source: string | undefined, handle: string | null | undefined) {
  const step = flow.byId.get(source ?? "");
  return step && waysOf(flow, step).find((way) => way.id === handle);
}

function isPlaced(places: ReadonlyMap<string, { x: number; y: number }>, flow: Flow): boolean {
  return flow.steps.every((step) => step.position && step.position.x === places.get(step.id)?.x && step.position.y === places.get(step.id)?.y);
}
