// A flow that asks, calls out, and decides by the answer.
export const tea = {
  seed_key: "tea",
  name: "Tea",
  nodes: [
    { id: "hello", type: "message", content: { text: "Hello, {{user.name}}!" } },
    { id: "ask", type: "question", content: { question: "Which tea?", options: ["green", "black"], variable: "temp.tea" } },
    { id: "wait", type: "message", content: { text: "A moment." } },
    {
      id: "brew", type: "webhook",
      content: {
        url: "https://tea.example/brew", method: "POST", body: { tea: "{{temp.tea}}" },
        response_mapping: { "temp.minutes": "minutes" },
      },
    },
    { id: "long", type: "condition", content: { conditions: [{ if: "temp.minutes > 3", then: "$0" }], default_path: "$1" } },
    { id: "sit", type: "message", content: { text: "Sit down: {{temp.minutes}} minutes." } },
    { id: "bye", type: "message", content: { text: "Here you are." } },
  ],
  connections: [
    { source: "hello", target: "ask" },
    { source: "ask", target: "wait" },
    { source: "wait", target: "brew" },
    { source: "brew", target: "long" },
    { source: "long", target: "sit", type: "$0" },
    { source: "long", target: "bye", type: "$1" },
    { source: "sit", target: "bye" },
  ],
};

/** What the kettle answers. */
export const brewed = (minutes) => ({ result: "done", value: { status: 200, headers: {}, body: { minutes } } });
