// A chat in a page, with the package as Vite bundles it.
import init, { Library } from "chatflow";
import { brewed, tea } from "../tea.js";

const [said, options, status] = ["said", "options", "status"].map((id) => document.getElementById(id));
let shown = 0;

function show({ waits_for, turn }) {
  for (const message of turn.messages.slice(shown)) {
    const item = document.createElement("li");
    item.textContent = message.text;
    said.append(item);
  }
  shown = waits_for === "effect" ? turn.messages.length : 0;
  options.replaceChildren(...(turn.input_request?.options ?? []).map((option) => {
    const button = document.createElement("button");
    button.textContent = option.label ?? option.value;
    button.onclick = () => go(preview.answer(option.value));
    return button;
  }));
  status.textContent = waits_for ?? `ended: ${turn.ended_reason}, ${preview.hash()}`;
}

async function go(progress) {
  show(progress);
  if (progress.waits_for === "effect") show(await preview.settle(async () => brewed(5)));
}

await init();
const preview = new Library({ documents: [tea] }).preview({ state: { user: { name: "Ada" } } });
go(preview.start());
