/** Making flows: with the mouse on the canvas, and with keys in the outline alone. */
import { branchByMouse, card, drag, fitToView, keyboard, middle, otherwiseByKeys, port, ruleByKeys, startEmpty } from "./hands.mjs";
import { equal, saved, until } from "./harness.mjs";

const lines = (text) => {
  const flow = JSON.parse(text);
  return (flow.flow_data ?? flow).connections.map((line) => `${line.source} ${line.type} ${line.target}`).sort();
};

export const drawing = [
  [
    "draws a flow of five steps by mouse",
    async (page, { url }) => {
      await branchByMouse(page, url, { name: "Knows the name", rule: "has(user.name)", holds: "Nice to meet you!", otherwise: "Who are you?" });
      await page.keyboard.press("Escape");
      // A line drawn from a port to a card.
      await fitToView(page);
      await drag(page, await middle(port(page, "message_2")), await middle(card(page, "question").locator("b")));
      await until(async () => lines(await saved(page)), ["condition $0 message", "condition default message_2", "message_2 default question", "question default condition", "welcome default question"], "the lines");
      // A line can be cut, and undone.
      await page.keyboard.press("Control+z");
      await until(async () => lines(await saved(page)).length, 4, "the count of lines");
    },
  ],
  [
    "moves a card by mouse and by key, and tidies",
    async (page, { url }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Start empty" }).click();
      const welcome = card(page, "welcome");
      const from = await middle(welcome.locator("b"));
      await drag(page, from, { x: from.x + 150, y: from.y - 40 });
      await until(async () => JSON.parse(await saved(page)).info?.studio, { placed: true }, "the mark");
      const moved = JSON.parse(await saved(page)).nodes[0].position;
      await welcome.focus();
      await page.keyboard.press("Alt+ArrowRight");
      await until(async () => JSON.parse(await saved(page)).nodes[0].position.x, moved.x + 20, "the place");
      await welcome.focus();
      await page.keyboard.press("t");
      await until(async () => JSON.parse(await saved(page)).info, undefined, "the mark");
    },
  ],
  [
    "makes a flow of five steps with keys in the outline",
    async (page, { url }) => {
      const by = keyboard(page);
      const { keys, at, inside } = by;
      await startEmpty(url, by);
      await ruleByKeys(by, { name: "Has a name", rule: "has(user.name)" });
      await keys("F2");
      await inside("Name of the step");
      await page.keyboard.type("Greeting");
      await keys("Escape");
      await at("message");
      await keys("c");
      await page.keyboard.type("first quest");
      await keys("Enter");
      await at("message");
      await otherwiseByKeys(by);
      await until(async () => lines(await saved(page)), ["condition $0 message", "condition default message_2", "message default question", "question default condition", "welcome default question"], "the lines");
      const flow = JSON.parse(await saved(page));
      equal(flow.nodes.find((node) => node.id === "condition").content.conditions, [{ if: "has(user.name)", then: "$0", name: "Has a name" }], "the rule");
      // Delete, and undo.
      await page.locator('[data-story="outline"] [data-step="message_2"]').focus();
      await keys("Delete");
      await until(async () => JSON.parse(await saved(page)).nodes.length, 4, "the steps");
      await keys("Control+z");
      await until(async () => JSON.parse(await saved(page)).nodes.length, 5, "the steps");
    },
  ],
];
