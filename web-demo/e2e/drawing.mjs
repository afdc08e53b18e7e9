/** Making flows: with the mouse on the canvas, and with keys in the outline alone. */
import { addFromPort, card, drag, keyboard, middle, startEmpty } from "./hands.mjs";
import { equal, saved, still, until } from "./harness.mjs";

const lines = (text) => {
  const flow = JSON.parse(text);
  return (flow.flow_data ?? flow).connections.map((line) => `${line.source} ${line.type} ${line.target}`).sort();
};

const bottom = (page, id) => card(page, id).locator(".port.b");

export const drawing = [
  [
    "draws a flow of five steps by mouse",
    async (page, { url }) => {
      await page.goto(url);
      await page.getByRole("button", { name: "Start empty" }).click();
      await card(page, "question").waitFor();
      await addFromPort(page, bottom(page, "question"), "Condition");
      await card(page, "condition").waitFor();
      await page.getByLabel("Name of rule 1").fill("Knows the name");
      await addFromPort(page, card(page, "condition").locator(".port.r").first(), "New message");
      await card(page, "message").waitFor();
      await page.getByLabel("Text of message 1").fill("Nice to meet you!");
      await addFromPort(page, bottom(page, "condition"), "New message");
      await card(page, "message_2").waitFor();
      await page.keyboard.press("Escape");
      // A line drawn from a port to a card.
      await page.getByRole("button", { name: "Fit to view" }).click();
      await still(page);
      await drag(page, await middle(bottom(page, "message_2")), await middle(card(page, "question").locator("b")));
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
      await startEmpty(page, url, by);
      await keys("a");
      await page.keyboard.type("cond");
      await keys("Enter");
      await at("condition");
      // Into the form, and back.
      await page.locator(".cm-content").waitFor();
      await keys("Enter");
      await inside("Name of rule 1");
      await page.keyboard.type("Has a name");
      await keys("Tab");
      await page.keyboard.type("has(user.name)");
      await keys("Escape", "Escape");
      await at("condition");
      // To the rule's way, which leads nowhere yet.
      await keys("ArrowDown", "a");
      await page.keyboard.type("mess");
      await keys("Enter");
      await at("message");
      await keys("F2");
      await inside("Name of the step");
      await page.keyboard.type("Greeting");
      await keys("Escape");
      await at("message");
      await keys("c");
      await page.keyboard.type("first quest");
      await keys("Enter");
      await at("message");
      await keys("ArrowUp");
      await at("condition");
      await keys("a");
      await page.keyboard.type("mess");
      await keys("Enter");
      await at("message_2");
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
