// The chat page: lists the flows a visitor may start and holds one conversation. No libraries, no outside requests.
// Whatever an author or a visitor wrote reaches the page as text; markup is rebuilt from the few elements of RICH.

const $ = (id) => document.getElementById(id);
const [app, log, answerBox, home, jump] = ["app", "log", "answer", "home", "jump"].map($);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const STORE = "chatflow.session";
const THEMED = ["background", "header", "headerText", "botBubble", "botBubbleText", "userBubble", "userBubbleText", "primary", "text", "textMuted", "border"];
const ICONS = {
  back: "m15 18-6-6 6-6", next: "m9 18 6-6-6-6", again: "M3 12a9 9 0 1 0 3-6.7L3 8M3 3v5h5", send: "m5 12 7-7 7 7M12 19V5",
  alert: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 8v4M12 16h.01", talk: "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-5 4v-4H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1z",
};

let session = null; // {token, csrf, flow, name, theme}
let revision = null;
let visit = 0; // rises with every change of view, so that late answers of an older view are dropped
let busy = false;
let declined = 0; // scripts in a row that this page did not run
let skip = null; // ends the current typing pause
let acted = false; // focus moves only after the visitor has done something

// ---- building blocks

function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && !key.startsWith("aria")) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of [["viewBox", "0 0 24 24"], ["class", "icon"], ["aria-hidden", "true"]]) svg.setAttribute(key, value);
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

const button = (text, onclick, kind = "pill") => el("button", { type: "button", class: kind, onclick }, text);
const labelOf = (value) => {
  if (Array.isArray(value)) return value.map(labelOf).join(", ");
  if (value === true || value === false) return value ? "Yes" : "No";
  return String(value?.label ?? value?.text ?? value?.value ?? (typeof value === "object" ? "" : value ?? ""));
};
const plainText = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
const textOf = (part) => part?.text || (part?.rich_text ? plainText(part.rich_text) : "");

const RICH = new Set("p br strong em u ol ul li a h1 h2 h3 h4 h5 h6 blockquote code div span hr small sub sup img".split(" "));

/** The nodes of cleaned markup, built anew: of attributes, only addresses and descriptions are kept. */
function richNodes(from) {
  return [...from.childNodes].flatMap((node) => {
    if (node.nodeType === Node.TEXT_NODE) return [node.data];
    const tag = node.localName;
    if (!RICH.has(tag)) return richNodes(node);
    if (tag === "img") return safeUrl(node.getAttribute("src"), true) ? [picture(node.getAttribute("src"), node.alt)] : [];
    const href = tag === "a" && node.getAttribute("href");
    const link = href && /^(https?:|mailto:|tel:|\/(?![/\\]))/i.test(href) ? { href, target: "_blank", rel: "noopener noreferrer" } : {};
    return [el(tag, link, ...richNodes(node))];
  });
}
const richBubble = (html) => el("div", { class: "bubble rich" }, ...richNodes(new DOMParser().parseFromString(html, "text/html").body));

function safeUrl(url, picture) {
  if (typeof url !== "string") return null;
  if (/^https:\/\//i.test(url) || /^\/(?![/\\])/.test(url) || (picture && /^data:image\//i.test(url))) return url;
  return null;
}

function newId() {
  const hex = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const stored = () => { try { return JSON.parse(sessionStorage.getItem(STORE)); } catch { return null; } };
function keep(value) { try { sessionStorage.setItem(STORE, JSON.stringify(value)); } catch { /* a private window may refuse */ } }

// ---- the server

class Refused extends Error {
  constructor(status, code, detail) { super(detail || code); Object.assign(this, { status, code, detail }); }
}

async function call(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(path, { method, headers: body ? { "Content-Type": "application/json", ...headers } : headers, body: body && JSON.stringify(body) });
  } catch { throw new Refused(0, "offline"); }
  const data = await response.json().catch(() => null);
  if (response.ok && data) return data;
  throw new Refused(response.status, data?.code ?? "", typeof data?.detail === "string" ? data.detail : "");
}

const sessionPath = (rest = "") => `/v1/chat/sessions/${encodeURIComponent(session.token)}${rest}`;
const csrf = () => ({ "X-CSRF-Token": session.csrf });

function inPlainWords(error) {
  if (!(error instanceof Refused)) return "Something went wrong on this page.";
  if (error.code === "offline") return "The server cannot be reached. Are you online?";
  if (error.code === "session_busy") return "Your last answer is still being worked on. Give it a moment.";
  if (error.status === 404) return "This conversation is no longer available.";
  if (error.status === 429) return "That was a little fast. Please wait a moment.";
  if (error.status >= 500) return "The server had a problem. Nothing is lost, please try again.";
  if (error.status === 413) return "That answer is too long.";
  return "That did not work.";
}

// ---- the log

function show(node, { mine = false } = {}) {
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  log.append(node);
  if (near || mine) scrollDown();
  else jump.hidden = false;
}

function scrollDown() { log.scrollTop = log.scrollHeight; jump.hidden = true; }
const bubble = (text, kind = "") => el("div", { class: `bubble ${kind}` }, text);
const typing = () => el("div", { class: "bubble typing", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
const notice = (text) => show(el("p", { class: "notice" }, text));

function picture(url, alt) {
  const image = el("img", { src: url, alt: alt || "", referrerPolicy: "no-referrer" });
  image.addEventListener("load", () => { if (jump.hidden) scrollDown(); });
  image.addEventListener("error", () => image.remove());
  return image;
}

/** The nodes that show one message item. */
function messageNodes(item) {
  const content = item.content ?? {};
  const text = item.text || textOf(content) || "";
  const { url, alt, type: kind = item.type } = content.media ?? content;
  if (item.type === "book_list" || item.type === "item_list") return listNodes(content);
  if (item.type === "divider") return [el("hr")];
  const nodes = content.rich_text ? [richBubble(content.rich_text)] : text ? [bubble(text, item.level === "error" ? "error" : "")] : [];
  if ((kind === "image" || kind === "gif") && safeUrl(url, true)) {
    nodes.push(el("div", { class: "bubble picture" }, picture(url, alt)));
  } else if (safeUrl(url)) {
    const name = content.title || alt || content.name || url;
    nodes.push(el("div", { class: "bubble" }, el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, name)));
  }
  return nodes;
}

function listNodes(content) {
  const cards = (content.books ?? content.items ?? []).map((item) => {
    const by = item.authors_string ?? item.subtitle ?? item.author ?? "";
    const about = item.summary ?? item.description ?? "";
    const image = safeUrl(item.image_url ?? item.cover_url ?? item.image, true);
    return el("li", { class: "item" }, image && picture(image, ""), el("div", {},
      el("b", {}, labelOf({ label: item.display_title ?? item.title ?? item.label ?? item.name ?? item })),
      by && el("small", {}, by), about && el("p", {}, about)));
  });
  return [content.title && el("p", { class: "list-title" }, content.title), el("ul", { class: "list" }, ...cards)].filter(Boolean);
}

function showQuestion(question) {
  const media = question?.media;
  if (media?.url) messageNodes({ type: media.type ?? "image", content: media }).forEach((node) => show(node));
  if (question?.rich_text) show(richBubble(question.rich_text));
  else if (textOf(question)) show(bubble(textOf(question)));
}

function pause(ms) {
  if (!ms || calm.matches) return Promise.resolve();
  const dots = typing();
  show(dots);
  return new Promise((done) => {
    skip = () => { clearTimeout(timer); dots.remove(); skip = null; done(); };
    const timer = setTimeout(skip, ms);
  });
}

// ---- a turn

/** Shows the messages of a turn one after another, then what it asks. */
async function play(turn, mine, previous) {
  const usual = turn.typing_indicator === false ? 0 : Math.min(session.theme?.config?.bot?.responseDelay ?? 350, 1500);
  const refusal = turn.validation_error;
  const items = (turn.messages ?? []).filter((item) => item.level !== "validation_error");
  const pauses = items.map((item) => item.delay_ms ?? item.typing_delay_ms ?? usual);
  let hurry = false;
  const hasten = () => { hurry = true; skip?.(); };
  if (!calm.matches && pauses.reduce((sum, ms) => sum + ms, 0) > 2500) answerBox.replaceChildren(button("Show everything now", hasten, "quiet"));
  log.onclick = hasten;
  log.onkeydown = (event) => { if (event.key === "Escape" || event.key === "Enter") hasten(); };
  for (const [index, item] of items.entries()) {
    if (!hurry) await pause(pauses[index]);
    if (mine !== visit) return;
    messageNodes(item).forEach((node) => show(node));
  }
  log.onclick = log.onkeydown = null;
  if (!refusal) showQuestion(turn.input_request?.question);
  busy = false;
  settle(turn, refusal, refusal ? previous : undefined);
}

/** Fills the answer box: the question's controls, or the end. */
function settle(turn, refusal, previous) {
  revision = turn.session_updated?.revision ?? turn.revision ?? revision;
  if (turn.session_ended) return ended();
  if (turn.script_request) return declineScript();
  const request = turn.input_request ?? { input_type: "continue" };
  answerBox.replaceChildren(...controls(request, refusal, previous));
  focusAnswer();
  if (jump.hidden) scrollDown();
}

function focusAnswer() {
  if (!acted) return;
  (answerBox.querySelector("[aria-invalid]") ?? answerBox.querySelector("input, button"))?.focus({ preventScroll: true });
}

function ended() {
  session.done = true;
  keep(session);
  answerBox.replaceChildren(el("p", { class: "notice ended" }, "This chat has ended."), el("div", { class: "set" }, button("Start again", restart)));
  focusAnswer();
  scrollDown();
}

function trouble(text, detail, buttons) {
  answerBox.replaceChildren(wrong(text, detail), el("div", { class: "set" }, ...buttons));
  focusAnswer();
  scrollDown();
}

const wrong = (text, detail = "") => el("p", { class: "wrong-text", role: "alert", id: "wrong" }, icon("alert"),
  el("span", {}, text, detail && detail !== text && el("small", {}, detail)));

/** Sends an answer; the same message id is used for every retry, so that it counts once. */
async function send(request, input, shown) {
  if (busy) return;
  declined = 0;
  const body = { input, input_type: request.input_type, expected_revision: revision, client_message_id: newId() };
  const own = shown ? bubble(shown, "mine") : null;
  if (own) show(own, { mine: true });
  await deliver(request, body, own);
}

/** This page runs no scripts; the flow goes on by its failure path, unless that leads to scripts only. */
function declineScript() {
  declined += 1;
  if (declined > 5) return trouble("This step runs a script, and this page does not run scripts.", "", []);
  const body = { input: { error: "unsupported" }, input_type: "script_result", expected_revision: revision, client_message_id: newId() };
  return deliver({ input_type: "script_result" }, body, null);
}

async function deliver(request, body, shown) {
  busy = true;
  const at = visit;
  answerBox.replaceChildren();
  const dots = typing();
  const slow = setTimeout(() => show(dots), 250);
  try {
    const turn = await call("POST", sessionPath("/interact"), body, csrf());
    clearTimeout(slow); dots.remove();
    if (at === visit) await play(turn, at, body.input);
  } catch (error) {
    clearTimeout(slow); dots.remove();
    if (at !== visit) return;
    busy = false;
    if (error.code === "revision_conflict") return resume("This chat moved on in another window. Here is where it is now.");
    if (error.code === "session_not_active") return resume();
    if (error.status === 404) return trouble(inPlainWords(error), "", [button("Start again", restart)]);
    const change = () => { shown?.remove(); settle({ input_request: request }, null, body.input); };
    trouble(inPlainWords(error), error.detail, [button("Try again", () => deliver(request, body, shown), "pill full"), request.input_type !== "script_result" && button("Change my answer", change, "pill wide")]);
  }
}

// ---- the kinds of answers

/** The controls for one request, with the refusal of the last answer above them. */
function controls(request, refusal, previous) {
  const left = refusal?.remaining;
  const tries = Number.isInteger(left) && left > 0 ? `You can try ${left} more ${left === 1 ? "time" : "times"}.` : "";
  const build = BUILDERS[request.input_type] ?? field;
  return [refusal && wrong(refusal.message, tries), build(request, { refused: Boolean(refusal), previous })].filter(Boolean);
}

const options = (request) => request.options ?? [];
const group = (request, kind, ...nodes) => el("div", { class: `set ${kind}`, role: "group", "aria-label": textOf(request.question) || "Your answer" }, ...nodes);
const skipButton = (request) => request.validation?.required === false && button("Skip", () => send(request, "", "Skipped"));

function choice(request, before) {
  const all = options(request);
  if (request.input_type === "image_choice" || request.input_type === "carousel" || all.some((one) => one.image_url)) return pictures(request);
  const short = all.length > 4 && all.every((one) => labelOf(one).length < 9);
  const pills = all.map((one) => button(labelOf(one), () => send(request, one.value, labelOf(one))));
  const set = group(request, short ? "grid" : "", ...pills, skipButton(request));
  return request.allow_other ? el("div", { class: "set" }, set, field({ ...request, placeholder: "Something else" }, before)) : set;
}

function pictures(request) {
  const any = options(request).some((one) => safeUrl(one.image_url, true));
  return group(request, "pictures", ...options(request).map((one) => {
    const url = safeUrl(one.image_url, true);
    const about = one.authors_string ?? one.description;
    return el("button", { type: "button", onclick: () => send(request, one.value, labelOf(one)) },
      url ? picture(url, one.alt) : any && el("span", { class: "blank" }), el("span", {}, labelOf(one), about && el("small", {}, about)));
  }), skipButton(request));
}

const yesNo = (request) => group(request, "", button("Yes", () => send(request, true, "Yes")), button("No", () => send(request, false, "No")), skipButton(request));

function several(request, { previous }) {
  const submit = el("button", { class: "pill full" }, "Send");
  const boxes = options(request).map((one) => ({ one, box: el("input", { type: "checkbox", onchange: count, checked: Array.isArray(previous) && previous.includes(one.value) }) }));
  const picked = () => boxes.filter(({ box }) => box.checked).map(({ one }) => one);
  function count() {
    submit.textContent = picked().length ? `Send ${picked().length}` : "Send";
    submit.disabled = !picked().length && request.validation?.required !== false;
  }
  count();
  const onsubmit = (event) => { event.preventDefault(); send(request, picked().map((one) => one.value), labelOf(picked()) || "None"); };
  return el("form", { onsubmit, class: "set column" }, group(request, "column", ...boxes.map(({ one, box }) =>
    el("label", { class: "check" }, box, safeUrl(one.image_url, true) && picture(one.image_url, one.alt), labelOf(one)))), submit);
}

function slider(request, { previous }) {
  const { min = 0, max = 100, step = 1, min_label: low, max_label: high, unit = "", ...rest } = request.slider_config ?? {};
  const start = previous ?? rest.default_value ?? rest.default ?? min + Math.round((max - min) / 2 / step) * step;
  const input = el("input", { type: "range", min, max, step, "aria-label": textOf(request.question) || "Value" });
  const value = el("output");
  const submit = el("button", { class: "pill full" });
  const update = () => { value.textContent = `${input.value}${unit && ` ${unit}`}`; submit.textContent = `Send ${input.value}`; };
  input.value = start;
  input.addEventListener("input", update);
  update();
  const onsubmit = (event) => { event.preventDefault(); send(request, input.value, value.textContent); };
  return el("form", { onsubmit }, el("div", { class: "range" }, value, input,
    el("div", {}, el("span", {}, low ? `${min} · ${low}` : `${min}`), el("span", {}, high ? `${max} · ${high}` : `${max}`))), submit);
}

const FIELDS = {
  text: ["text", "Type your answer"], number: ["number", "Type a number"], email: ["email", "name@example.org", "email"],
  phone: ["tel", "+64 21 123 4567", "tel"], url: ["url", "https://"], date: ["date", ""], file: ["url", "Link to your file"],
};

/** A line to type in; what is right or wrong is for the server to say. */
function field(request, { refused, previous }) {
  const [type, placeholder, autocomplete = "off"] = FIELDS[request.input_type] ?? FIELDS.text;
  const rules = request.validation ?? {};
  const longest = rules.max_length ?? rules.maxLength;
  const hint = request.help_text || (longest && type === "text" ? `Up to ${longest} letters` : "") || (rules.required === false ? "You may skip this." : "");
  const input = el("input", {
    type, placeholder: request.placeholder || placeholder, autocomplete, enterkeyhint: "send", step: type === "number" && "any",
    value: typeof previous === "string" || typeof previous === "number" ? previous : request.default_value ?? "",
    "aria-label": textOf(request.question) || "Your answer", "aria-invalid": refused && "true",
    "aria-describedby": [refused && "wrong", hint && "hint"].filter(Boolean).join(" ") || null,
  });
  const onsubmit = (event) => { event.preventDefault(); send(request, input.value, input.value.trim() || "…"); };
  return el("form", { onsubmit, noValidate: true },
    el("div", { class: refused ? "field wrong" : "field" }, input, el("button", { class: "send", "aria-label": "Send" }, icon("send"))),
    hint && el("p", { class: "hint", id: "hint" }, hint), skipButton(request));
}

const carryOn = (request) => {
  const on = (kind) => button("Continue", () => send(request, "", ""), kind);
  return options(request).length ? el("div", { class: "set" }, choice(request, {}), on("quiet")) : group(request, "", on("pill full"));
};

const BUILDERS = { choice, button: choice, image_choice: choice, carousel: choice, boolean: yesNo, multiple_choice: several, slider, continue: carryOn };

// ---- starting, resuming, leaving

function dress(theme, name) {
  const { colors = {}, typography = {}, bubbles = {}, bot = {} } = theme?.config ?? {};
  const style = document.documentElement.style;
  const set = (key, value, property) => (value && CSS.supports(property, value) ? style.setProperty(key, value) : style.removeProperty(key));
  for (const key of THEMED) set(`--theme-${key}`, colors[key], "color");
  set("--theme-onPrimary", colors.primary && (isLight(colors.primary) ? "#10181a" : "#ffffff"), "color");
  set("--theme-font", typography.fontFamily, "font-family");
  set("--theme-radius", Number.isFinite(bubbles.borderRadius) ? `${Math.min(bubbles.borderRadius, 24)}px` : "", "border-radius");
  const avatar = bot.avatar || theme?.avatar_url || "";
  const image = safeUrl(avatar, true);
  $("face").replaceChildren(image ? picture(image, "") : avatar && avatar.length <= 8 ? avatar : icon("talk"));
  $("title").textContent = bot.name || name || "Chatflow";
  document.title = name || "Chatflow";
}

function isLight(colour) {
  const [red, green, blue] = (colour.match(/^#(..)(..)(..)/) ?? []).slice(1).map((part) => parseInt(part, 16));
  return red * 0.299 + green * 0.587 + blue * 0.114 > 160;
}

function view(name) {
  visit += 1;
  busy = false;
  skip?.();
  home.hidden = name !== "home";
  for (const node of [log, answerBox, $("back"), $("again")]) node.hidden = name === "home";
  jump.hidden = true;
  log.replaceChildren();
  answerBox.replaceChildren();
  return visit;
}

async function start(flow) {
  const at = view("chat");
  dress(session?.theme, session?.name);
  busy = true;
  try {
    const turn = await call("POST", "/v1/chat/start", { flow_id: flow, initial_state: {} });
    if (at !== visit) return;
    session = { token: turn.session_token, csrf: turn.csrf_token, flow, name: turn.flow_name, theme: turn.theme };
    keep(session);
    dress(turn.theme, turn.flow_name);
    await play(turn, at);
  } catch (error) {
    if (at !== visit) return;
    busy = false;
    trouble(inPlainWords(error), error.detail, [button("Try again", () => start(flow), "pill full"), button("All conversations", leave, "pill wide")]);
  }
}

/** Rebuilds the log from the server's history and goes on where the session waits. */
async function resume(why) {
  const at = view("chat");
  dress(session.theme, session.name);
  try {
    const [state, history] = await Promise.all([call("GET", sessionPath()), call("GET", sessionPath("/history?limit=1000"))]);
    if (at !== visit) return;
    app.setAttribute("aria-busy", "true");
    history.data.forEach(showRow);
    app.removeAttribute("aria-busy");
    if (why) notice(why);
    scrollDown();
    settle({ input_request: state.pending, script_request: state.script_request, revision: state.revision, session_ended: state.status !== "active" });
  } catch (error) {
    if (at !== visit) return;
    if (error.status === 404) return start(session.flow);
    trouble(inPlainWords(error), error.detail, [button("Try again", () => resume(why), "pill full"), button("Start again", restart, "pill wide")]);
  }
}

function showRow({ interaction_type: kind, content }) {
  if (kind === "message") {
    for (const item of content.messages ?? []) if (item.level !== "validation_error") messageNodes(item).forEach((node) => show(node));
    if (content.question) showQuestion(content.question);
  } else if (kind === "input" && (content.input_type !== "continue" || content.value)) {
    const text = labelOf(content.valid === false ? content.input : content.value ?? content.input) || "Skipped";
    show(bubble(text === "[REDACTED]" ? "••••" : text, "mine"));
  }
}

async function restart() {
  acted = true;
  const { flow } = session;
  const at = view("chat");
  await call("POST", sessionPath("/end"), {}, csrf()).catch(() => null); // it may have ended already
  if (at === visit) await start(flow);
}

function go(search) { history.pushState(null, "", search); route(); }
function leave() { go(location.pathname); }

async function list() {
  const at = view("home");
  dress(null, "Chatflow");
  home.replaceChildren(el("p", { class: "notice" }, "One moment …"));
  try {
    const all = (await call("GET", "/v1/chat/flows")).data;
    if (at !== visit) return;
    // Flows that others run as a part make little sense alone; `/?key=` still opens them.
    const data = all.filter((flow) => !flow.embedded);
    const open = stored()?.done ? null : stored();
    if (!open) sessionStorage.removeItem(STORE);
    const card = (flow) => el("button", { type: "button", class: flow.id === open?.flow ? "flow current" : "flow", onclick: () => { acted = true; go(`?flow=${flow.id}`); } },
      el("span", {}, el("b", {}, flow.name), flow.description && el("small", {}, flow.description), flow.id === open?.flow && el("small", {}, "You have begun this one.")), icon("next"));
    const lead = data.length ? "Pick a conversation to start." : "There is nothing to talk about yet. Import a flow: chatflow import FILE";
    home.replaceChildren(el("h2", {}, "What shall we talk about?"), el("p", {}, lead), ...data.map(card));
  } catch (error) {
    home.replaceChildren(wrong(inPlainWords(error), error.detail), el("div", { class: "set" }, button("Try again", list, "pill full")));
  }
}

async function route() {
  const query = new URLSearchParams(location.search);
  const key = query.get("key");
  let flow = query.get("flow");
  if (key) {
    const flows = await call("GET", "/v1/chat/flows").catch(() => ({ data: [] }));
    flow = flows.data.find((one) => one.seed_key === key)?.id ?? null;
    history.replaceState(null, "", flow ? `?flow=${flow}` : location.pathname);
  }
  if (!flow) return list();
  session = stored();
  if (session?.flow === flow) return resume();
  session = { flow };
  return start(flow);
}

$("back").append(icon("back"));
$("again").append(icon("again"));
$("back").addEventListener("click", leave);
$("again").addEventListener("click", () => (session?.token ? restart() : start(session.flow)));
jump.addEventListener("click", scrollDown);
log.addEventListener("scroll", () => { if (log.scrollHeight - log.scrollTop - log.clientHeight < 40) jump.hidden = true; });
addEventListener("popstate", route);
addEventListener("pointerdown", () => { acted = true; }, { capture: true });
addEventListener("keydown", () => { acted = true; }, { capture: true });
route();
