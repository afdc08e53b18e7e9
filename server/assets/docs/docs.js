// What the page of the interface can do beyond being read: find operations, open the one that is linked to, send requests.

const token = document.getElementById("token");
const find = document.getElementById("find");
for (const element of document.querySelectorAll("form, .token, .find")) element.hidden = false;

// A link to an operation opens it.
function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details");
  if (!details) return;
  details.open = true;
  details.scrollIntoView();
}
addEventListener("hashchange", open);
open();

// Everything stays that has all the words.
find.addEventListener("input", () => {
  const words = find.value.toLowerCase().split(/\s+/);
  for (const element of document.querySelectorAll("[data-words]")) {
    element.hidden = !words.every((word) => element.dataset.words.includes(word));
  }
  for (const section of document.querySelectorAll("main > section")) {
    const all = [...section.querySelectorAll("[data-words]")];
    section.hidden = all.length > 0 && all.every((element) => element.hidden);
  }
});

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("output");
    shown.hidden = false;
    shown.replaceChildren("Asking…");
    try {
      shown.replaceChildren(...await show(await send(form)));
    } catch (error) {
      shown.replaceChildren(`No answer: ${error.message}`);
    }
  });
}

// Sends the request that a form describes.
function send(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = new Headers();
  for (const { name, value, dataset } of form.querySelectorAll("input")) {
    if (value === "") continue;
    if (dataset.in === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    if (dataset.in === "query") query.append(name, value);
    if (dataset.in === "header") headers.set(name, value);
  }
  if (token.value) headers.set("Authorization", `Bearer ${token.value}`);
  const body = form.querySelector("textarea");
  if (body?.value) headers.set("Content-Type", body.dataset.kind);
  const address = query.size > 0 ? `${path}?${query}` : path;
  return fetch(address, { method: form.dataset.method, headers, body: body?.value || undefined });
}

// The status and the body of an answer, as text.
async function show(answer) {
  const status = document.createElement("strong");
  status.textContent = `${answer.status} ${answer.statusText}`;
  const body = document.createElement("pre");
  body.tabIndex = 0;
  if (answer.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    answer.body.cancel();
    body.textContent = "A stream of events; it is not read here.";
    return [status, body];
  }
  const text = await answer.text();
  try {
    body.textContent = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    body.textContent = text;
  }
  return [status, body];
}
