// The package in Node, as its users call it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import init, * as chatflow from "chatflow";
import { brewed, tea } from "./tea.js";

const { ChatflowError, Library, Preview } = chatflow;
const library = new Library({ documents: [tea] });
const begin = (options) => {
  const preview = library.preview({ state: { user: { name: "Ada" } }, ...options });
  return { preview, progress: preview.start() };
};
const texts = (turn) => turn.messages.map((message) => message.text);
const refuses = (code, run) =>
  assert.throws(run, (error) => error instanceof ChatflowError && error.code === code && error.message !== "");

test("everything that is declared is exported, and nothing else", () => {
  const declared = readFileSync(new URL("index.d.ts", import.meta.resolve("chatflow")), "utf8");
  const names = [...declared.matchAll(/^export declare (?:class|function) (\w+)/gm)].map((found) => found[1]);
  assert.deepEqual(Object.keys(chatflow).sort(), ["default", ...names].sort());
  for (const [name, type] of [["Library", Library], ["Preview", Preview]]) {
    const body = declared.slice(declared.indexOf(`class ${name} {`)).split("\n}\n")[0];
    const members = [...body.matchAll(/^  (?:readonly )?(\w+)[(:]/gm)].map((found) => found[1]);
    const own = Object.getOwnPropertyNames(type.prototype);
    assert.deepEqual(own.sort(), ["constructor", ...members.filter((each) => each !== "constructor")].sort());
  }
});

test("init does nothing in Node", async () => assert.equal(await init(), undefined));

test("a conversation with an effect resolved in JavaScript", async () => {
  const { preview, progress } = begin();
  assert.deepEqual(texts(progress.turn), ["Hello, Ada!"]);
  assert.equal(progress.waits_for, "answer");
  assert.deepEqual(progress.turn.input_request.options.map((option) => option.value), ["green", "black"]);

  const asked = preview.answer("coffee");
  assert.equal(asked.turn.validation_error.attempt, 1);

  const open = preview.answer("green");
  assert.equal(open.waits_for, "effect");
  assert.equal(open.effect.request.url, "https://tea.example/brew");
  assert.deepEqual(open.effect.request.body, { tea: "green" });
  assert.deepEqual(texts(open.turn), ["A moment."]);
  assert.deepEqual(open.place, { turn: 3, step: 1 });

  const done = await preview.settle(async () => brewed(5));
  assert.deepEqual(texts(done.turn), ["A moment.", "Sit down: 5 minutes.", "Here you are."]);
  assert.equal(done.waits_for, null);
  assert.equal(done.turn.ended_reason, "completed");
  assert.equal(done, preview.progress);
  const condition = done.steps.find((step) => step.node_id === "long");
  assert.equal(condition.connection_type, "$0");
  assert.equal(condition.execution_details.type, "condition");
  assert.deepEqual(done.steps.find((step) => step.node_id === "brew").changed["temp.minutes"], [null, 5]);
  refuses("session_ended", () => preview.answer("more"));
});

test("a resolver that throws is a failure of the effect", async () => {
  const { preview } = begin();
  preview.answer("green");
  const { steps } = await preview.settle(() => {
    throw new Error("the kettle is cold");
  });
  assert.equal(steps.find((step) => step.node_id === "brew").error_details.code, "host_error");
});

test("fixtures answer what they know", () => {
  const handlers = { "https://tea.example/brew": { answer: { minutes: 2 } } };
  const preview = new Library({ documents: [tea], handlers }).preview();
  preview.start();
  assert.deepEqual(texts(preview.answer("green").turn), ["A moment.", "Here you are."]);
});

test("a snapshot in the middle goes on elsewhere, with the same journal", async () => {
  const { preview } = begin({ seed: "snap" });
  preview.answer("green");
  const restored = new Library({ documents: [tea] }).restore(preview.snapshot());
  assert.deepEqual(restored.progress, preview.progress);
  for (const each of [preview, restored]) await each.settle(() => brewed(4));
  assert.equal(restored.hash(), preview.hash());
  assert.deepEqual(restored.journal(), preview.journal());
  const changed = structuredClone(tea);
  changed.nodes[0].content.text = "Hi!";
  refuses("flow_changed", () => new Library({ documents: [changed] }).restore(preview.snapshot()));
  refuses("snapshot", () => library.restore("{}"));
});

test("a replay gives the same hash, and says where another flow differs", async () => {
  const { preview } = begin();
  preview.answer("black");
  await preview.settle(() => brewed(9));
  const journal = preview.journal();
  const replay = library.replay(journal);
  assert.equal(replay.divergence, null);
  assert.equal(replay.state_hash, preview.hash());
  assert.deepEqual(library.replay(journal, { turn: 1 }).at, { turn: 1, step: 1 });

  const changed = structuredClone(tea);
  changed.nodes[4].content.conditions[0].if = "temp.minutes > 30";
  const other = new Library({ documents: [changed] });
  const { preview: resumed, replay: differs } = other.resume(JSON.stringify(journal));
  assert.deepEqual(differs.at, { turn: 2, step: 2 });
  assert.equal(differs.divergence.difference.type, "event");
  assert.match(differs.divergence.message, /turn 2, step 2/);
  assert.deepEqual(resumed.progress.place, { turn: 2, step: 1 });
  assert.equal(resumed.resolve(brewed(31)).turn.session_ended, true);
});

test("a fork goes another way, and travels back", async () => {
  const { preview } = begin();
  preview.answer("green");
  await preview.settle(() => brewed(5));
  const fork = preview.fork({ turn: 1 });
  assert.equal(fork.progress.waits_for, "answer");
  assert.equal(fork.answer("black").effect.request.body.tea, "black");
  assert.equal(preview.fork().hash(), preview.hash());
  assert.equal(preview.fork({ turn: 2, step: 1 }).progress.waits_for, "effect");
  const anew = preview.fork({ turn: 0 });
  assert.equal(anew.progress, null);
  assert.deepEqual(texts(anew.start().turn), ["Hello, Ada!"]);
  refuses("no_place", () => preview.fork({ turn: 7 }));
});

test("a condition is explained, with the step that set its variable", async () => {
  const { preview } = begin();
  preview.answer("green");
  await preview.settle(() => brewed(5));
  const { holds, whole, variables } = preview.explain("temp.minutes > 3 && user.name == 'Bo'");
  assert.equal(holds, false);
  assert.deepEqual(whole.parts.map((part) => part.outcome), [{ value: true }, { value: false }]);
  const trace = preview.trace();
  assert.equal(trace[variables[0].set_by.step - 1].node_id, "brew");
  assert.equal(variables[1].set_by.given, true);
  const { step } = variables[0].set_by;
  assert.equal(preview.explain("has(temp.minutes)", { step }).holds, false);
  assert.equal(preview.states().length, trace.length);
  assert.equal(preview.states().at(-1).after.temp.minutes, 5);
  assert.equal(preview.state({ scopes: true }).session.turn, 2);
  assert.equal(chatflow.explain("1 > 2", {}).holds, false);
});

test("a fix is applied", () => {
  const broken = structuredClone(tea);
  broken.nodes[0].type = "massage";
  const found = chatflow.check(broken).find((each) => each.fix && each.severity === "error");
  assert.equal(found.at, "/nodes/0/type");
  const fixed = chatflow.applyPatch(broken, found.fix);
  assert.deepEqual(fixed, tea);
  assert.equal(broken.nodes[0].type, "massage");
  assert.deepEqual(chatflow.check(fixed).filter((each) => each.severity === "error"), []);
  refuses("patch_place", () => chatflow.applyPatch({}, [{ op: "remove", path: "/a" }]));
  refuses("patch_shape", () => chatflow.applyPatch({}, [{ op: "copy" }]));
  assert.equal(new Library({ documents: [broken] }).flows[0].runnable, false);
});

test("expressions are checked, evaluated and completed", () => {
  assert.equal(chatflow.evaluate("temp.cups > 2", { temp: { cups: 3 } }), true);
  assert.equal(chatflow.checkExpression("a +")[0].kind, "syntax");
  assert.equal(chatflow.checkExpression("nope(1)")[0].kind, "unknown_function");
  refuses("expression_syntax", () => chatflow.evaluate("a +", {}));
  refuses("expression_evaluation", () => chatflow.evaluate("temp.a", { temp: {} }));
  for (const { name, kind, example } of chatflow.expressionFunctions()) {
    assert.doesNotThrow(() => chatflow.evaluate(example, {}), `${kind} ${name}`);
  }
  const variables = chatflow.flowVariables(tea);
  assert.deepEqual(variables.find((each) => each.path === "temp.minutes"),
    { path: "temp.minutes", set_by: ["brew"], read_by: ["long", "sit"], declared: false });
  assert.deepEqual(variables.find((each) => each.path === "user.name").read_by, ["hello"]);
});

test("personal data is masked", () => {
  const masked = chatflow.mask({ email: "bo@x.io", note: "mail bo@x.io", n: 1 }, { key: "k" });
  assert.match(masked.email, /^\[MASKED:/);
  assert.deepEqual([masked.note, masked.n], ["mail [EMAIL]", 1]);
  const { preview } = begin({ state: { user: { name: "Ada", email: "ada@x.io" } } });
  assert.match(preview.state({ masked: true }).user.email, /^\[MASKED:/);
});

test("what is refused leaves everything as it was", () => {
  refuses("no_flow", () => library.preview({ flow: "coffee" }));
  refuses("argument", () => new Library({}));
  refuses("handlers", () => new Library({ documents: [], handlers: { "/x": 1 } }));
  refuses("flow_unnamed", () => new Library({ documents: [] }).preview());
  refuses("journal", () => library.replay("{}"));
  const { preview } = begin();
  const before = preview.snapshot();
  refuses("unexpected_input", () => preview.resolve(brewed(1)));
  refuses("unexpected_input", () => preview.start());
  refuses("invalid_state", () => preview.patch({ user: 1 }));
  refuses("argument", () => preview.answer("green", { at: "yesterday" }));
  refuses("argument", () => preview.answer(1n));
  assert.equal(preview.snapshot(), before);
  assert.throws(() => new Preview(), TypeError);
  preview.dispose();
  preview.dispose();
  refuses("disposed", () => preview.answer("green"));
});

test("a case is played as on the command line", () => {
  const handlers = { "https://tea.example/brew": { answer: { minutes: 2 } } };
  const transcript = chatflow.play({ documents: [tea], handlers, answers: ["green"], at: new Date(0) });
  assert.equal(transcript.ended, "completed");
  assert.equal(transcript.turns.length, 2);
});

test("variables are merged, and a conversation is ended", () => {
  const { preview } = begin();
  assert.equal(preview.patch({ user: { name: "Bo" } }, { at: "2026-05-01T12:00:00+02:00" }).waits_for, "answer");
  assert.equal(preview.state().user.name, "Bo");
  assert.equal(preview.end().turn.ended_reason, "terminated");
});
