/** A flow of which every figure is known by hand: two hundred conversations whose answers follow from their number. */

const FLOW = {
  seed_key: "library-card",
  name: "Library card",
  version: "1.0.0",
  visibility: "wriveted",
  entry_node_id: "hello",
  flow_data: {
    nodes: [
      { id: "hello", type: "message", content: { messages: [] } },
      { id: "who", type: "question", content: { question: { text: "Who is the card for?" }, input_type: "choice", options: [{ label: "A child", value: "child" }, { label: "Me", value: "adult" }], variable: "temp.who" } },
      { id: "age", type: "question", content: { question: { text: "How old is the child?" }, input_type: "number", variable: "temp.age" } },
      { id: "old", type: "condition", content: { conditions: [{ if: "temp.age >= 8", then: "$0" }], default_path: "default" } },
      { id: "club", type: "message", content: { messages: [{ type: "text", text: "Join the reading club!" }] } },
      { id: "story", type: "message", content: { messages: [{ type: "text", text: "Come to story time!" }] } },
      { id: "adult", type: "message", content: { messages: [{ type: "text", text: "Bring something with your address on it." }] } },
      { id: "bye", type: "message", content: { messages: [{ type: "text", text: "See you soon!" }] } },
    ],
    connections: [
      { source: "hello", target: "who", type: "default" },
      { source: "who", target: "age", type: "$0" },
      { source: "who", target: "adult", type: "$1" },
      { source: "age", target: "old", type: "default" },
      { source: "old", target: "club", type: "$0" },
      { source: "old", target: "story", type: "default" },
      { source: "club", target: "bye", type: "default" },
      { source: "story", target: "bye", type: "default" },
      { source: "adult", target: "bye", type: "default" },
    ],
  },
};

const OTHER = {
  seed_key: "opening-times",
  name: "Opening times",
  version: "1.0.0",
  visibility: "wriveted",
  entry_node_id: "day",
  flow_data: {
    nodes: [
      { id: "day", type: "question", content: { question: { text: "Which day?" }, input_type: "text", variable: "temp.day" } },
      { id: "times", type: "message", content: { messages: [{ type: "text", text: "From nine to five." }] } },
    ],
    connections: [{ source: "day", target: "times", type: "default" }],
  },
};

export const CONVERSATIONS = 200;

/**
 * What is answered in a conversation, by its number n. Of each ten,
 *   0      a child of 6 if n < 100, else of 12    10 + 10
 *   1      a child of 9                                20
 *   2      a child, and no word about its age          20
 *   3 to 7 an adult                                   100
 *   8, 9   no word at all                              40
 * So 200 come to hello and who, 60 to age, 40 to old, 10 to story (6), 30 to club (9 and 12), 100 to adult,
 * and 140 reach bye. 40 stay at who, 20 at age.
 */
function answersOf(n) {
  const last = n % 10;
  if (last >= 8) return [];
  if (last >= 3) return [["adult", "choice"]];
  if (last === 2) return [["child", "choice"]];
  return [["child", "choice"], [last === 1 ? 9 : n < 100 ? 6 : 12, "number"]];
}

export async function converse(service, flow, answers) {
  const begun = await service.visit("/v1/chat/start", { flow_id: flow });
  for (const [input, input_type] of answers) await service.visit(`/v1/chat/sessions/${begun.session_token}/interact`, { input, input_type }, { "X-CSRF-Token": begun.csrf_token });
  return JSON.stringify(begun.messages);
}

/** So many at a time. */
async function each(count, run) {
  const waiting = Array.from({ length: count }, (_, n) => n);
  const worker = async () => {
    for (let n = waiting.shift(); n !== undefined; n = waiting.shift()) await run(n);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}

const published = async (service, document) => {
  const { id } = await service.call("POST", "/v1/cms/flows/import", document);
  await service.call("PUT", `/v1/cms/flows/${id}`, { publish: true, visibility: "wriveted" });
  return id;
};

/**
 * Has all conversations at a service, of which 10 with the other flow: 4 of them answer. The service draws which wording somebody gets;
 * `arms` counts who was shown which, and who of them reached the end.
 */
export async function scripted(service, conversations = CONVERSATIONS) {
  const greeting = await service.call("POST", "/v1/cms/content", { type: "message", content: { text: "Welcome to the library." } });
  await service.call("POST", `/v1/cms/content/${greeting.id}/status`, { status: "published" });
  await service.call("POST", `/v1/cms/content/${greeting.id}/variants`, { variant_key: "B", variant_data: { text: "Kia ora!" }, weight: 100, is_active: true });
  const document = structuredClone(FLOW);
  document.flow_data.nodes[0].content.messages = [{ content_id: greeting.id }];
  const id = await published(service, document);
  const other = await published(service, OTHER);
  const arms = { A: { shown: 0, ended: 0 }, B: { shown: 0, ended: 0 } };
  await each(conversations, async (n) => {
    const answers = answersOf(n);
    const arm = arms[(await converse(service, id, answers)).includes("Kia ora!") ? "B" : "A"];
    arm.shown += 1;
    // An adult, or a child whose age was told.
    if (answers.length > 0 && (answers[0][0] === "adult" || answers.length === 2)) arm.ended += 1;
  });
  await each(conversations === CONVERSATIONS ? 10 : 0, (n) => converse(service, other, n < 4 ? [["Monday", "text"]] : []));
  return { id, other, greeting: greeting.id, arms };
}

/** An item whose figures are those of a worked example: A 48 of 400, B 72 of 400. */
export async function workedTest(service) {
  const item = await service.call("POST", "/v1/cms/content", { type: "message", content: { text: "Worked example" } });
  for (const [key, conversions, engagements] of [["control", 48, 160], ["B", 72, 188]]) {
    const variant = await service.call("POST", `/v1/cms/content/${item.id}/variants`, { variant_key: key, variant_data: { text: key }, weight: 100, is_active: true });
    await service.call("POST", `/v1/cms/content/${item.id}/variants/${variant.id}/performance`, { impressions: 400, conversions, engagements });
  }
  return item.id;
}
