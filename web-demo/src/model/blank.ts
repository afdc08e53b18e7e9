/** The document that an empty flow begins with: one message and one question. */
export function blankFlow(key: string, name: string): string {
  const document = {
    seed_key: key,
    name,
    version: "1.0.0",
    entry_node_id: "welcome",
    nodes: [
      { id: "welcome", type: "message", name: "Welcome", content: { messages: [{ type: "text", text: "Hello!" }] } },
      { id: "question", type: "question", name: "First question", content: { question: { text: "What is your name?" }, input_type: "text", variable: "user.name" } },
    ],
    connections: [{ source: "welcome", target: "question", type: "default" }],
  };
  return JSON.stringify(document, null, 2) + "\n";
}
