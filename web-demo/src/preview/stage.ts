/** Draws conversations as visitors see them, by the view of their own chat. */
import { bubble, messageNodes, questionNodes } from "../../widget/chat/message.js";
import { createView } from "../../widget/chat/view.js";
import type { Line as Telling, Theme } from "../../widget/wire";
import type { Json } from "../model/json";
import type { Line, Scene } from "./lines";

export type Scheme = "auto" | "light" | "dark";

export interface Stage {
  dress: (look: Theme | null, name: string, scheme: Scheme) => void;
  /** Shows a scene: what is new in it is told, with the pauses of a chat if it is `paced`; what differs is written anew. */
  show: (scene: Scene, paced: boolean) => Promise<void>;
  /** Begins anew. */
  clear: () => void;
  stop: () => void;
}

export interface Talking {
  answer: (value: Json) => void;
  again: () => void;
}

export function createStage(host: HTMLElement, { answer, again }: Talking): Stage {
  const place = document.createElement("div");
  place.className = "screen";
  host.replaceChildren(place);
  const view = createView({ root: place.attachShadow({ mode: "open" }), again });
  /** The lines in the log, and how many elements each of them is. */
  let shown: { key: string; count: number }[] = [];
  /** What can be answered now; empty if it has to be drawn again. */
  let asked = "";
  /** Which question is open: what somebody has begun to answer stays while its words are changed. */
  let open = "";

  const telling = (line: Line, key: string): Telling => ({
    whose: line.is === "answer" ? "mine" : "said",
    pause: line.is === "message" ? view.pauseBefore(line.item, { session_ended: false, typing_indicator: line.typing }) : 0,
    nodes: () => {
      const nodes = nodesOf(line);
      shown.push({ key, count: nodes.length });
      return nodes;
    },
  });

  async function show(scene: Scene, paced: boolean): Promise<void> {
    view.hush();
    const keys = scene.lines.map((line) => JSON.stringify(line));
    const differs = shown.findIndex(({ key }, index) => key !== keys[index]);
    // Who comes to a conversation that is under way is not told all of it.
    const goesOn = differs === -1 && (shown.length > 0 || scene.answers === 0);
    if (differs !== -1) cut(differs);
    const from = shown.length;
    const rest = scene.lines.slice(from).map((line, index) => telling(line, keys[from + index] ?? ""));
    if (!goesOn) view.log.quietly(() => void view.tell(rest, false));
    else {
      if (paced && rest.some(({ pause = 0 }) => pause > 0)) asked = "";
      if (!(await view.tell(rest, paced))) return;
    }
    ask(scene);
  }

  /** Takes away what stands behind the first lines. */
  function cut(from: number): void {
    shown = shown.slice(0, from);
    const count = shown.reduce((sum, line) => sum + line.count, 0);
    while (view.log.node.childElementCount > count) view.log.node.lastElementChild?.remove();
  }

  function ask({ asks, answers }: Scene): void {
    const now = JSON.stringify([asks ?? null, answers]);
    if (now === asked) return;
    asked = now;
    const question = typeof asks === "object" && !asks.refusal ? `${answers} ${asks.request.input_type}` : "";
    const typed = question !== "" && question === open ? view.composer.node.querySelector<HTMLInputElement>(".field input")?.value : undefined;
    open = question;
    if (asks === undefined) return view.composer.fill([]);
    if (asks === "over") return view.close();
    const send = (input: unknown) => {
      asked = "";
      view.composer.wait();
      answer(input as Json);
    };
    view.ask({ ...asks, previous: asks.refusal ? asks.previous : typed || undefined, send, upload });
  }

  return {
    dress: view.dress,
    show,
    clear() {
      view.hush();
      view.log.clear();
      shown = [];
      asked = "";
    },
    stop() {
      view.hush();
      view.log.stop();
    },
  };
}

/** A preview keeps no files: what the flow is told of one is all there is. */
function upload(file: File): Promise<Record<string, unknown>> {
  return Promise.resolve({ id: `preview/${file.name}` });
}

function nodesOf(line: Line): HTMLElement[] {
  switch (line.is) {
    case "message":
      return messageNodes(line.item);
    case "question":
      return questionNodes(line.question);
    case "answer":
      return [bubble(line.text, "mine")];
    case "note": {
      const note = document.createElement("p");
      note.className = "notice";
      note.textContent = line.text;
      return [note];
    }
  }
}
