/** Flows on a server: lists, saves that others' changes collide with, versions, refusals, recorded conversations. */
import { readFileSync } from "node:fs";
import { palette, pill, reply, startAgain } from "./hands.mjs";
import { equal, openFile, demo, said, saved, until } from "./harness.mjs";
import { signIn } from "./signing.mjs";

/** Opens the ticket flow from the service, where somebody put it before. */
export async function openThere(page, { url, service }) {
  const made = await service.call("POST", "/v1/cms/flows/import", JSON.parse(readFileSync(demo("ticket"), "utf8")));
  await page.goto(url);
  await page.getByRole("region", { name: "On a server" }).getByRole("button", { name: "Sign in" }).click();
  await signIn(page, service);
  await page.getByRole("list", { name: "Flows on the server" }).getByRole("button", { name: "Which ticket?" }).click();
  await page.locator('.node[data-step="who"]').waitFor();
  return made.id;
}

/** Changes a step there as somebody else would. */
export async function changeThere(service, id, change) {
  const flow = await service.call("GET", `/v1/cms/flows/${id}`);
  change(flow.flow_data.nodes);
  return service.call("PUT", `/v1/cms/flows/${id}`, { flow_data: flow.flow_data });
}

export const node = (nodes, id) => nodes.find((each) => each.id === id);
const question = (page) => page.getByLabel("Question", { exact: true });
const save = (page) => page.getByRole("button", { name: /^Save \d+ changes? on the server/ });

export const together = [
  [
    "saves on a server, and takes in what others changed meanwhile",
    async (page, { url, service }) => {
      const id = await openThere(page, { url, service });
      await page.locator('.node[data-step="who"]').click();
      await question(page).fill("Who is it?");
      await changeThere(service, id, (nodes) => (node(nodes, "family").content.messages[0].text = "Take the family ticket!"));
      await save(page).click();
      await page.getByText("Saved on the server").first().waitFor();
      const there = await service.call("GET", `/v1/cms/flows/${id}`);
      equal(node(there.flow_data.nodes, "who").content.question.text, "Who is it?", "my change there");
      equal(node(there.flow_data.nodes, "family").content.messages[0].text, "Take the family ticket!", "their change there");
      equal(node(JSON.parse(await saved(page)).flow_data.nodes, "family").content.messages[0].text, "Take the family ticket!", "their change here");
    },
    { service: true, refusals: true },
  ],
  [
    "gives a flow its look, which visitors see then",
    async (page, { url, service }) => {
      const sea = await service.call("POST", "/v1/cms/themes", { name: "Sea", config: { colors: { botBubble: "#e0f0ff" } } });
      const id = await openThere(page, { url, service });
      const look = page.getByLabel("Look of the chat");
      await look.getByRole("option", { name: "Sea" }).waitFor({ state: "attached" });
      await look.selectOption("Sea");
      const bubbles = () => page.locator(".preview .log .bubble").first().evaluate((node) => getComputedStyle(node).backgroundColor);
      await until(bubbles, "rgb(224, 240, 255)", "the bubbles in the preview");
      await save(page).click();
      await page.getByText("Saved on the server").first().waitFor();
      await service.call("PUT", `/v1/cms/flows/${id}`, { publish: true });
      const theme = async () => (await service.call("POST", "/v1/chat/start", { flow_id: id })).theme;
      equal([(await theme()).id, (await theme()).config.colors.botBubble], [sea.id, "#e0f0ff"], "the look of a visitor's chat");
      await look.selectOption("The school's, or the usual one");
      await until(bubbles, "rgb(255, 255, 255)", "the bubbles of the usual look");
      await save(page).click();
      await until(async () => (await service.call("GET", `/v1/cms/flows/${id}`)).info.theme_id ?? null, null, "the look there");
      // Who chooses none gets the one that is everybody's on the server.
      await service.call("PUT", `/v1/cms/themes/${sea.id}`, { is_default: true });
      await page.reload();
      await until(bubbles, "rgb(224, 240, 255)", "the bubbles of everybody's look");
    },
    { service: true, refusals: true },
  ],
  [
    "lets somebody choose where both changed the same, and loses nothing",
    async (page, { url, service }) => {
      const id = await openThere(page, { url, service });
      await page.locator('.node[data-step="who"]').click();
      await question(page).fill("Mine?");
      await page.locator('.node[data-step="children"]').click();
      await question(page).fill("My children?");
      await changeThere(service, id, (nodes) => {
        node(nodes, "who").content.question.text = "Theirs?";
        node(nodes, "children").content.question.text = "Their children?";
        node(nodes, "who").content.variable = "temp.group";
      });
      await save(page).click();
      const sheet = page.locator(".sheet");
      await sheet.getByRole("heading", { name: "Changed on both sides" }).waitFor();
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/merge.png` });
      await sheet.getByRole("group", { name: "Who › Question" }).getByRole("button", { name: "Take theirs" }).click();
      await sheet.getByRole("group", { name: "Children › Question" }).getByRole("button", { name: "Keep yours" }).click();
      await sheet.getByText("All is chosen.").waitFor();
      await sheet.getByRole("button", { name: "Save the result" }).click();
      await sheet.waitFor({ state: "detached" });
      await page.getByText("Saved on the server").first().waitFor();
      const { nodes } = (await service.call("GET", `/v1/cms/flows/${id}`)).flow_data;
      equal([node(nodes, "who").content.question.text, node(nodes, "children").content.question.text, node(nodes, "who").content.variable], ["Theirs?", "My children?", "temp.group"], "what is there");
      // What lost can be had back: first theirs, then mine.
      await page.getByRole("button", { name: /^Undo: Keep yours/ }).click();
      equal(node(JSON.parse(await saved(page)).flow_data.nodes, "children").content.question.text, "Their children?", "their text after undo");
      await page.getByRole("button", { name: /^Undo: Take in/ }).click();
      equal(node(JSON.parse(await saved(page)).flow_data.nodes, "who").content.question.text, "Mine?", "my text after undo");
    },
    { service: true, refusals: true },
  ],
  [
    "publishes versions, compares them and goes back",
    async (page, { url, service }) => {
      const id = await openThere(page, { url, service });
      const sheet = page.locator(".sheet");
      const publish = async (note) => {
        await page.getByRole("button", { name: "Publish", exact: true }).click();
        await sheet.getByLabel("Note").fill(note);
        if (process.env.SHOTS && note === "second") {
          await sheet.locator(".change").first().waitFor();
          for (const theme of ["light", "dark"]) {
            await page.evaluate((value) => (document.documentElement.dataset.theme = value), theme);
            await page.screenshot({ path: `${process.env.SHOTS}/publish-${theme}.png` });
          }
        }
        await sheet.locator(".foot").getByRole("button", { name: "Publish" }).click();
        await sheet.getByText("is live.").waitFor();
        await sheet.getByRole("button", { name: "Back to the flow" }).click();
      };
      await publish("first");
      await page.locator('.node[data-step="who"]').click();
      await question(page).fill("Welcome! Who is with you today?");
      await publish("second");
      equal((await service.call("GET", `/v1/cms/flows/${id}/versions`)).data.map((each) => each.note), ["second", "first"], "the versions there");
      await page.getByRole("button", { name: "Versions" }).click();
      await sheet.getByRole("button", { name: /^Compare version 1\.1\.0/ }).click();
      await until(() => sheet.locator(".change ins").allInnerTexts(), ["with", "you"], "the new words");
      await until(() => sheet.locator(".change del").allInnerTexts(), ["coming", "along"], "the old words");
      await sheet.getByRole("button", { name: "Go back to version 1.1.0" }).click();
      await page.getByText("The draft is version 1.1.0 again").first().waitFor();
      await page.getByRole("button", { name: "Close: Versions" }).click();
      await page.locator('.node[data-step="who"]').click();
      equal(await question(page).inputValue(), "Welcome! Who is coming along today?", "the question as it was");
      equal(node((await service.call("GET", `/v1/cms/flows/${id}`)).flow_data.nodes, "who").content.question.text, "Welcome! Who is coming along today?", "the draft there");
    },
    { service: true },
  ],
  [
    "says what a server refuses, and keeps the work",
    async (page, { url, service }) => {
      await openFile(page, url, demo("ticket"));
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await signIn(page, { ...service, token: "not a token" });
      await page.getByRole("alert").getByText("The server does not know this token").waitFor();
      await signIn(page, { ...service, url: "http://127.0.0.1:9" }).catch(() => undefined);
      await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
      await signIn(page, service);
      await page.locator(".sheet").getByText("All of it: this is the first version.").waitFor();
      // The check says what stands in the way, and the button leads to it.
      await page.getByRole("button", { name: "Close: Publish" }).click();
      await page.locator('.node[data-step="size"]').click();
      await page.locator(".cm-content").click();
      await page.keyboard.press("Control+a");
      await page.keyboard.type("temp.children >");
      await page.getByRole("button", { name: "Publish", exact: true }).click();
      await page.getByRole("button", { name: "Show the error" }).click();
      await page.getByLabel("Name of the step").waitFor();
      equal(await page.getByLabel("Name of the step").getAttribute("placeholder"), "Size", "the step with the error");
    },
    { service: true, refusals: true, elsewhere: true },
  ],
  [
    "opens a visitor's conversation, goes through it and goes on with it",
    async (page, { url, service }) => {
      const id = await openThere(page, { url, service });
      await service.call("PUT", `/v1/cms/flows/${id}`, { publish: true, trace_enabled: true, trace_level: "verbose", trace_sample_rate: 100 });
      const begun = await service.call("POST", "/v1/chat/start", { flow_id: id });
      const answer = (input, input_type) => service.call("POST", `/v1/chat/sessions/${begun.session_token}/interact`, { input, input_type }, { "X-CSRF-Token": begun.csrf_token });
      await answer("family", "choice");
      await answer(6, "number");
      await palette(page, "conversations on the server");
      const sheet = page.locator(".sheet");
      await sheet.getByRole("button", { name: /^Open the conversation/ }).click();
      await page.locator(".banner", { hasText: "Replays exactly" }).waitFor();
      equal((await said(page)).at(-1), "6 children! Ask for two family tickets. It is still cheaper than single ones.", "the end");
      await page.getByLabel("Step of the conversation").fill("2");
      await until(async () => (await said(page)).length, 2, "the bubbles at step 2");
      await page.getByRole("button", { name: /^One answer back/ }).click();
      await reply(page, "2");
      await until(async () => (await said(page)).slice(3, 4), ["2"], "the conversation with another answer");
    },
    { service: true },
  ],
  [
    "brings sub-flows and content of a flow along",
    async (page, { url, service }) => {
      for (const name of ["profile", "tastes", "trail", "guide"]) await service.call("POST", "/v1/cms/flows/import", JSON.parse(readFileSync(demo(name), "utf8")));
      await page.goto(url);
      await page.getByRole("region", { name: "On a server" }).getByRole("button", { name: "Sign in" }).click();
      await signIn(page, service);
      await page.getByRole("list", { name: "Flows on the server" }).getByRole("button", { name: "Museum guide", exact: true }).click();
      await pill(page, "Hello, Pip!").click();
      // This is asked by a sub-flow.
      await until(async () => (await said(page)).at(-1), "What may I call you?", "the question");
      await page.goto(`${url}#/`);
      await until(() => page.getByRole("list", { name: "Flows on this computer" }).getByRole("link").count(), 4, "the flows on this computer");
    },
    { service: true },
  ],
  [
    "runs the preview on the server, too",
    async (page, { url, service }) => {
      await openThere(page, { url, service });
      await page.getByRole("tab", { name: "Calls" }).click();
      await page.getByLabel("Who answers calls").selectOption("server");
      const start = page.waitForRequest((request) => /\/chat\/start/.test(request.url()));
      await startAgain(page);
      equal(JSON.parse((await start).postData()).preview !== undefined, true, "a preview on the server");
      await pill(page, "My family").click();
      await until(async () => (await said(page)).at(-1), "How many children are with you?", "the answer of the server");
      await page.getByRole("tab", { name: "Steps" }).click();
      await until(() => page.locator(".visit .nm").allInnerTexts(), ["Who", "Who", "Party", "Children"], "the steps");
    },
    { service: true },
  ],
];
